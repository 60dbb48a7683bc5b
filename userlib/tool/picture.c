// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Sums up an address space.  See picture.h.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

static void add(struct sum *sum, const struct mapping *mapping)
{
	sum->mappings++;
	sum->size_kb += (mapping->end - mapping->start) / 1024;
	sum->resident_kb += mapping->resident_kb;
}

static int by_address(const void *a, const void *b)
{
	const struct region *left = a, *right = b;

	return (left->start > right->start) - (left->start < right->start);
}

static void add_region(struct picture *picture, const struct region *region)
{
	picture->region = tool_grow(picture->region, picture->regions + 1,
				    sizeof(*picture->region));
	picture->region[picture->regions++] = *region;
}

/* The regions that the process's own files list. */
static bool listed_regions(struct tool *tool, struct picture *picture)
{
	struct scan scan = { .hidden = 0 };
	enum answer answer = scan_process(tool, &scan, picture->pid);

	for (size_t i = 0; i < scan.space_count; i++) {
		const struct space *space = &scan.spaces[i];

		if (space->owner != picture->pid)
			continue;
		picture->committed_kb += space->committed_kb;
		if (!space->limit_kb || (picture->open && !picture->limit_kb))
			picture->limit_kb = 0;
		else
			picture->limit_kb += space->limit_kb;
		picture->open = true;
		for (size_t j = 0; j < space->listed; j++)
			add_region(picture, &space->region[j]);
	}
	scan_free(&scan);
	if (picture->regions)
		qsort(picture->region, picture->regions, sizeof(*picture->region), by_address);
	return answer != ANSWER_FAILED;
}

/* Mappings of the device that no list has: too many, or their descriptor is closed. */
static void other_regions(struct picture *picture)
{
	size_t listed = picture->regions, at = 0;

	for (size_t i = 0; i < picture->maps.count; i++) {
		const struct mapping *mapping = &picture->maps.mapping[i];
		struct region region = { .start = mapping->start, .end = mapping->end };

		if (mapping->kind != KIND_HOSTMEM)
			continue;
		while (at < listed && picture->region[at].end <= mapping->start)
			at++;
		if (at == listed || picture->region[at].start >= mapping->end)
			add_region(picture, &region);
	}
	if (picture->regions)
		qsort(picture->region, picture->regions, sizeof(*picture->region), by_address);
}

static int by_name(const void *a, const void *b)
{
	const struct group *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int by_size(const void *a, const void *b)
{
	const struct group *left = a, *right = b;

	if (left->sum.resident_kb != right->sum.resident_kb)
		return left->sum.resident_kb < right->sum.resident_kb ? 1 : -1;
	if (left->sum.size_kb != right->sum.size_kb)
		return left->sum.size_kb < right->sum.size_kb ? 1 : -1;
	return by_name(a, b);
}

/* One group for each name that there is. */
static void make_groups(struct picture *picture)
{
	const struct maps *maps = &picture->maps;
	struct group *group = tool_grow(NULL, maps->count, sizeof(*group));
	const char *image = "";
	size_t count = 0, groups = 0;

	for (size_t i = 0; i < maps->count; i++) {
		const struct mapping *mapping = &maps->mapping[i];

		if (*mapping->name)
			image = mapping->name;
		if (mapping->kind == KIND_HOSTMEM)
			continue;
		/* .bss follows what it belongs to. */
		group[count] = (struct group){
			.kind = mapping->kind,
			.name = mapping->kind == KIND_IMAGE ? image : mapping->name,
		};
		add(&group[count++].sum, mapping);
	}
	qsort(group, count, sizeof(*group), by_name);
	for (size_t i = 0; i < count; i++) {
		struct sum *sum = &group[groups].sum;

		if (i && !by_name(&group[groups], &group[i])) {
			sum->mappings += group[i].sum.mappings;
			sum->size_kb += group[i].sum.size_kb;
			sum->resident_kb += group[i].sum.resident_kb;
		} else {
			groups += i > 0;
			group[groups] = group[i];
		}
	}
	groups += count > 0;
	qsort(group, groups, sizeof(*group), by_size);
	picture->group = group;
	picture->groups = groups;
}

/* A region's address decides among equals. */
static int by_committed(const void *a, const void *b)
{
	const struct region *left = *(const struct region * const *)a;
	const struct region *right = *(const struct region * const *)b;

	if (left->committed_kb != right->committed_kb)
		return left->committed_kb < right->committed_kb ? 1 : -1;
	return by_address(left, right);
}

static void choose_regions(struct picture *picture, size_t most)
{
	size_t count = picture->regions;
	const struct region **order = tool_grow(NULL, count, sizeof(*order));

	picture->region_shown = tool_grow(NULL, count, sizeof(*picture->region_shown));
	for (size_t i = 0; i < count; i++)
		order[i] = &picture->region[i];
	qsort(order, count, sizeof(*order), by_committed);
	for (size_t i = 0; i < count; i++) {
		picture->region_shown[order[i] - picture->region] = i < most;
		if (i >= most) {
			picture->regions_hidden++;
			picture->hidden_kb += order[i]->committed_kb;
		}
	}
	free(order);
}

static void add_kinds(struct picture *picture)
{
	for (size_t i = 0; i < picture->maps.count; i++)
		add(&picture->kind[picture->maps.mapping[i].kind], &picture->maps.mapping[i]);
	/* All that is committed is resident; the kernel's own books don't have it all. */
	picture->reserved_kb = picture->kind[KIND_HOSTMEM].size_kb;
	picture->kind[KIND_HOSTMEM].resident_kb = picture->committed_kb;
	for (unsigned int i = 0; i < KINDS; i++) {
		picture->all.mappings += picture->kind[i].mappings;
		picture->all.size_kb += picture->kind[i].size_kb;
		picture->all.resident_kb += picture->kind[i].resident_kb;
	}
}

bool picture_take(struct tool *tool, uint64_t pid, size_t most, struct picture *picture)
{
	*picture = (struct picture){ .pid = pid };
	if (!maps_read(tool, pid, &picture->maps) || !listed_regions(tool, picture))
		return false;
	tool_process_name(tool, pid, picture->name, sizeof(picture->name));
	other_regions(picture);
	add_kinds(picture);
	make_groups(picture);
	if (tool->all)
		most = SIZE_MAX;
	choose_regions(picture, most);
	picture->groups_shown = picture->groups < most ? picture->groups : most;
	return true;
}

void picture_free(struct picture *picture)
{
	maps_free(&picture->maps);
	free(picture->region);
	free(picture->region_shown);
	free(picture->group);
	*picture = (struct picture){ .pid = 0 };
}

unsigned int picture_cell(const struct region *region, unsigned int at, unsigned int width,
			  bool *guard)
{
	unsigned int length = (unsigned int)strlen(region->map);
	unsigned int first = at * length / width;
	unsigned int end = ((at + 1) * length + width - 1) / width;
	unsigned int sum = 0, parts;

	*guard = false;
	if (!length)
		return 0;
	/* On a wider screen a part has several cells, and each begins in one part. */
	if (width >= length)
		end = first + 1;
	for (unsigned int i = first; i < end; i++) {
		if (region->map[i] == 'g')
			*guard = true;
		else if (region->map[i] != '.')
			sum += (unsigned int)(region->map[i] - '0');
	}
	/* Only what is full may look full, and only what is empty as if it were empty. */
	parts = end - first;
	if (sum == 9 * parts)
		return 9;
	sum = (sum + parts - 1) / parts;
	return sum < 8 ? sum : 8;
}

const char *picture_group_name(const struct group *group)
{
	if (*group->name)
		return group->name;
	return "[no name]";
}

void picture_parts(const struct picture *picture, bool resident, uint64_t parts[KINDS])
{
	for (unsigned int i = 0; i < KINDS; i++)
		parts[i] = resident ? picture->kind[i].resident_kb : picture->kind[i].size_kb;
}
