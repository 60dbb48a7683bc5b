// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * An address space in characters.  See map.h.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

/* Entries of a list, unless all are wanted. */
#define MOST	20

/* Below so many columns, lists have fewer. */
#define NARROW	60

/* Without colours a kind is known by its letter, with them by both. */
static const struct look {
	char letter;
	const char *color;
} looks[KINDS] = {
	[KIND_HOSTMEM] = { 'H', "\033[32m" },
	[KIND_IMAGE] = { 'i', "\033[35m" },
	[KIND_HEAP] = { 'h', "\033[33m" },
	[KIND_STACK] = { 's', "\033[31m" },
	[KIND_FILE] = { 'f', "\033[36m" },
	[KIND_PRIVATE] = { 'p', "\033[34m" },
};

/* What the functions here share. */
struct page {
	const struct tool *tool;
	const struct screen *screen;
	const struct picture *picture;
	FILE *out;
	unsigned int columns;
};

static const char *size(const struct page *page, char text[TEXT_SIZE], uint64_t kb)
{
	return text_size(text, kb, page->tool->exact);
}

static void print_kinds_bar(const struct page *page, const char *title, bool resident)
{
	unsigned int cells[KINDS], width = page->columns > 36 ? page->columns - 28 : 8;
	uint64_t parts[KINDS], sum = 0;
	char text[TEXT_SIZE];

	picture_parts(page->picture, resident, parts);
	screen_share(parts, cells, KINDS, width);
	fprintf(page->out, "%-14s[", title);
	for (unsigned int i = 0; i < KINDS; i++) {
		sum += parts[i];
		if (!cells[i])
			continue;
		screen_style(page->screen, page->out, looks[i].color);
		for (unsigned int j = 0; j < cells[i]; j++) {
			if (page->screen->color && page->screen->utf8)
				fputs("\xe2\x96\x88", page->out);
			else
				fputc(looks[i].letter, page->out);
		}
		screen_style(page->screen, page->out, SCREEN_PLAIN);
	}
	fprintf(page->out, "] %s\n", size(page, text, sum));
}

/* The columns of a sum; the titles if there is none. */
static void print_sum(const struct page *page, const struct sum *sum, bool resident)
{
	char mappings[TEXT_SIZE] = "MAPPINGS", one[TEXT_SIZE] = "SIZE", two[TEXT_SIZE] = "RESIDENT";

	if (sum) {
		snprintf(mappings, sizeof(mappings), "%" PRIu64, sum->mappings);
		size(page, one, sum->size_kb);
		size(page, two, sum->resident_kb);
		if (!resident)
			strcpy(two, "-");
	}
	if (page->columns >= NARROW)
		fprintf(page->out, "  %8s", mappings);
	fprintf(page->out, "  %8s  %8s", one, two);
}

static void print_kinds(const struct page *page)
{
	const struct picture *picture = page->picture;

	print_kinds_bar(page, "address space", false);
	if (picture->maps.resident)
		print_kinds_bar(page, "resident", true);
	fputc('\n', page->out);
	screen_style(page->screen, page->out, SCREEN_BOLD);
	fprintf(page->out, "   %-8s", "KIND");
	print_sum(page, NULL, false);
	screen_style(page->screen, page->out, SCREEN_PLAIN);
	fputc('\n', page->out);
	for (unsigned int i = 0; i < KINDS; i++) {
		if (!picture->kind[i].mappings)
			continue;
		screen_style(page->screen, page->out, looks[i].color);
		fputc(looks[i].letter, page->out);
		screen_style(page->screen, page->out, SCREEN_PLAIN);
		fprintf(page->out, "  %-8s", maps_kind((enum kind)i));
		print_sum(page, &picture->kind[i], i == KIND_HOSTMEM || picture->maps.resident);
		fputc('\n', page->out);
	}
	fprintf(page->out, "   %-8s", "total");
	print_sum(page, &picture->all, picture->maps.resident);
	fputc('\n', page->out);
}

/* Eighths of a character in UTF-8; otherwise the kernel's digits. */
static void print_cell(const struct page *page, unsigned int level)
{
	static const char * const blocks[] = {
		"\xc2\xb7", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
		"\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x87", "\xe2\x96\x88",
	};
	static const char digits[] = ".12345678#";

	if (page->screen->utf8)
		fputs(blocks[level], page->out);
	else
		fputc(digits[level], page->out);
}

static void print_region_bar(const struct page *page, const struct region *region,
			     unsigned int width)
{
	fputc('[', page->out);
	screen_style(page->screen, page->out, looks[KIND_HOSTMEM].color);
	for (unsigned int i = 0; i < width; i++) {
		bool guard;
		unsigned int level = picture_cell(region, i, width, &guard);

		if (!region->known) {
			fputc('?', page->out);
		} else if (guard) {
			screen_style(page->screen, page->out, "\033[33m");
			fputc('g', page->out);
			screen_style(page->screen, page->out, looks[KIND_HOSTMEM].color);
		} else {
			print_cell(page, level);
		}
	}
	screen_style(page->screen, page->out, SCREEN_PLAIN);
	fputs("]\n", page->out);
}

/* Widths of columns of the list of regions; 0: left out. */
struct widths {
	unsigned int start, size, committed, words, bar;
};

static void widen(unsigned int *width, const char *text)
{
	if (strlen(text) > *width)
		*width = (unsigned int)strlen(text);
}

static struct widths region_widths(const struct page *page)
{
	struct widths widths = { .start = 5, .size = 4, .committed = 9, .words = 9 };
	unsigned int used;
	char text[TEXT_SIZE];

	for (size_t i = 0; i < page->picture->regions; i++) {
		const struct region *region = &page->picture->region[i];

		if (!page->picture->region_shown[i])
			continue;
		snprintf(text, sizeof(text), "%" PRIx64, region->start);
		widen(&widths.start, text);
		widen(&widths.size, size(page, text, (region->end - region->start) / 1024));
		widen(&widths.committed, size(page, text, region->committed_kb));
	}
	/* Without the brackets of the bar. */
	used = widths.start + 2 + widths.size + 2 + widths.committed + 2 + widths.words + 2;
	if (used + REGION_CELLS > page->columns) {
		used -= widths.words;
		widths.words = 0;
	}
	if (used + REGION_CELLS / 2 > page->columns) {
		used -= widths.committed + 2;
		widths.committed = 0;
	}
	widths.bar = page->columns > used + 8 ? page->columns - used : 8;
	if (widths.bar > 4 * REGION_CELLS)
		widths.bar = 4 * REGION_CELLS;
	/* As many cells for each part as for the others. */
	if (widths.bar > REGION_CELLS)
		widths.bar -= widths.bar % REGION_CELLS;
	return widths;
}

static void print_region(const struct page *page, const struct region *region,
			 const struct widths *widths)
{
	char text[TEXT_SIZE];

	fprintf(page->out, "%*" PRIx64 "  %*s  ", (int)widths->start, region->start,
		(int)widths->size, size(page, text, (region->end - region->start) / 1024));
	if (widths->committed)
		fprintf(page->out, "%*s  ", (int)widths->committed,
			region->known ? size(page, text, region->committed_kb) : "?");
	if (widths->words)
		fprintf(page->out, "%-4s %c%c%c ", region->known ? region->protect : "?",
			region->watched ? 'w' : '-', region->large ? 'l' : '-',
			region->pinnable ? 'p' : '-');
	print_region_bar(page, region, widths->bar);
}

static void print_legend(const struct page *page, bool words)
{
	bool unknown = false;

	for (size_t i = 0; i < page->picture->regions; i++)
		unknown |= page->picture->region_shown[i] && !page->picture->region[i].known;
	fprintf(page->out, "%s  g guard page", page->screen->utf8 ?
		"\xc2\xb7 none  \xe2\x96\x81..\xe2\x96\x87 some  \xe2\x96\x88 all" :
		". none  1..8 some  # all");
	fprintf(page->out, "%s\n", unknown ? "  ? not told" : "");
	if (words)
		fputs("w watched  l large pages  p pinnable\n", page->out);
}

static void print_regions(const struct page *page)
{
	const struct picture *picture = page->picture;
	struct widths widths = region_widths(page);
	char text[TEXT_SIZE];

	fputc('\n', page->out);
	screen_style(page->screen, page->out, SCREEN_BOLD);
	fprintf(page->out, "%*s  %*s  ", (int)widths.start, "START", (int)widths.size, "SIZE");
	if (widths.committed)
		fprintf(page->out, "%*s  ", (int)widths.committed, "COMMITTED");
	if (widths.words)
		fputs("PROT FLG ", page->out);
	fputs("COMMITTED PARTS\n", page->out);
	screen_style(page->screen, page->out, SCREEN_PLAIN);
	for (size_t i = 0; i < picture->regions; i++)
		if (picture->region_shown[i])
			print_region(page, &picture->region[i], &widths);
	if (picture->regions_hidden)
		fprintf(page->out, "... and %zu more with %s%s committed; --all shows them\n",
			picture->regions_hidden, size(page, text, picture->hidden_kb),
			page->tool->exact ? " KiB" : "");
	print_legend(page, widths.words);
}

static void print_groups(const struct page *page)
{
	unsigned int before = page->columns >= NARROW ? 40 : 30;
	unsigned int width = page->columns > before + 10 ? page->columns - before : 10;
	const struct picture *picture = page->picture;

	if (!picture->groups)
		return;
	fputc('\n', page->out);
	screen_style(page->screen, page->out, SCREEN_BOLD);
	fprintf(page->out, "%-8s", "KIND");
	print_sum(page, NULL, false);
	fputs("  NAME\n", page->out);
	screen_style(page->screen, page->out, SCREEN_PLAIN);
	for (size_t i = 0; i < picture->groups_shown; i++) {
		const struct group *group = &picture->group[i];
		char name[2048];

		text_escape_path(name, sizeof(name), picture_group_name(group),
				 screen_form(page->screen), width);
		fprintf(page->out, "%-8s", maps_kind(group->kind));
		print_sum(page, &group->sum, picture->maps.resident);
		fprintf(page->out, "  %s\n", name);
	}
	if (picture->groups_shown < picture->groups)
		fprintf(page->out, "... and %zu more; --all shows them\n",
			picture->groups - picture->groups_shown);
}

static void print_title(const struct page *page)
{
	const struct picture *picture = page->picture;
	const char *unit = page->tool->exact ? " KiB" : "";
	char one[TEXT_SIZE], two[TEXT_SIZE], name[300];

	text_escape(name, sizeof(name), picture->name, screen_form(page->screen), 40);
	screen_style(page->screen, page->out, SCREEN_BOLD);
	fprintf(page->out, "%s (%" PRIu64 ")", name, picture->pid);
	screen_style(page->screen, page->out, SCREEN_PLAIN);
	if (picture->regions || picture->open) {
		fprintf(page->out, "\n%zu region%s of hostmem, %s%s reserved, %s%s committed",
			picture->regions, picture->regions == 1 ? "" : "s",
			size(page, one, picture->reserved_kb), unit,
			size(page, two, picture->committed_kb), unit);
		if (picture->limit_kb)
			fprintf(page->out, ", limit %s%s", size(page, one, picture->limit_kb),
				unit);
		fputs("\n\n", page->out);
	} else {
		fputs("\nno memory of hostmem\n\n", page->out);
	}
}

char *map_text(struct tool *tool, uint64_t pid)
{
	struct picture picture;
	struct page page = { .tool = tool, .screen = &tool->screen, .picture = &picture };
	char *text = NULL;
	size_t length;

	page.columns = tool->screen.columns ? tool->screen.columns : 80;
	if (picture_take(tool, pid, MOST, &picture)) {
		page.out = open_memstream(&text, &length);
		if (page.out) {
			print_title(&page);
			print_kinds(&page);
			if (picture.regions)
				print_regions(&page);
			print_groups(&page);
			fclose(page.out);
		} else {
			tool_fail(tool, "out of memory");
		}
	}
	picture_free(&picture);
	return text;
}
