// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * An address space as SVG, in one file, for light and dark backgrounds.  See map.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "map.h"

/* Entries of a list, unless all are wanted. */
#define MOST	100

/* Where things are, in pixels. */
#define WIDTH		960u
#define MARGIN		24u
#define BAR		(WIDTH - 2 * MARGIN)
#define LINE		20u
#define CELLS_X		512u	/* the bars of the regions begin here, */
#define CELL		13u	/* and have 32 such cells */
#define TALL		14u

static const char style[] =
	"text{font:13px \"DejaVu Sans\",system-ui,sans-serif;fill:#1f2328}\n"
	".bg{fill:#fff}.h{font-size:20px;font-weight:bold}.b{font-weight:bold}\n"
	".m{font-family:\"DejaVu Sans Mono\",monospace;font-size:12px}\n"
	".d{fill:#59636e}.e{text-anchor:end}.box{fill:#eaeef2}\n"
	".k0{fill:#1a7f37}.k1{fill:#8250df}.k2{fill:#bf8700}.k3{fill:#cf222e}\n"
	".k4{fill:#0969da}.k5{fill:#6e7781}.g{fill:#fb8f44}.u{fill:#afb8c1}\n"
	"@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bg{fill:#0d1117}.d{fill:#9198a1}\n"
	".box{fill:#262c36}.k0{fill:#3fb950}.k1{fill:#a371f7}.k2{fill:#d29922}.k3{fill:#f85149}\n"
	".k4{fill:#58a6ff}.k5{fill:#8b949e}.g{fill:#f0883e}.u{fill:#57606a}}";

/* What the functions here share: y is where the next thing goes. */
struct sheet {
	const struct tool *tool;
	const struct picture *picture;
	FILE *out;
	unsigned int y;
};

static const char *size(const struct sheet *sheet, char text[TEXT_SIZE], uint64_t kb)
{
	return text_size(text, kb, sheet->tool->exact);
}

/* The text is escaped already, or ours. */
static void print_text(const struct sheet *sheet, unsigned int x, const char *class,
		       const char *text)
{
	fprintf(sheet->out, "<text x=\"%u\" y=\"%u\" class=\"%s\">%s</text>\n", x, sheet->y,
		class, text);
}

/* Not with "%f", which would have the locale's comma. */
static void print_rect(const struct sheet *sheet, double x, unsigned int y, double width,
		       unsigned int height, const char *class)
{
	fprintf(sheet->out, "<rect x=\"%u.%02u\" y=\"%u\" ", (unsigned int)x,
		(unsigned int)(x * 100) % 100, y);
	fprintf(sheet->out, "width=\"%u.%02u\" height=\"%u\" class=\"%s\"/>\n",
		(unsigned int)width, (unsigned int)(width * 100) % 100, height, class);
}

static void print_kinds_bar(struct sheet *sheet, const char *title, bool resident)
{
	uint64_t parts[KINDS], sum = 0;
	unsigned int pixels[KINDS], x = MARGIN;
	char text[TEXT_SIZE];

	picture_parts(sheet->picture, resident, parts);
	screen_share(parts, pixels, KINDS, BAR);
	for (unsigned int i = 0; i < KINDS; i++)
		sum += parts[i];
	print_text(sheet, MARGIN, "b", title);
	print_text(sheet, WIDTH - MARGIN, "e", size(sheet, text, sum));
	print_rect(sheet, MARGIN, sheet->y + 7, BAR, 26, "box");
	for (unsigned int i = 0; i < KINDS; i++) {
		char class[8];

		if (!pixels[i])
			continue;
		snprintf(class, sizeof(class), "k%u", i);
		print_rect(sheet, x, sheet->y + 7, pixels[i], 26, class);
		x += pixels[i];
	}
	sheet->y += 60;
}

static void print_sum(const struct sheet *sheet, const struct sum *sum, bool resident)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%" PRIu64, sum->mappings);
	print_text(sheet, 220, "e", text);
	print_text(sheet, 320, "e", size(sheet, text, sum->size_kb));
	print_text(sheet, 420, "e", resident ? size(sheet, text, sum->resident_kb) : "-");
}

static void print_sum_titles(const struct sheet *sheet)
{
	print_text(sheet, 220, "e d", "mappings");
	print_text(sheet, 320, "e d", "size");
	print_text(sheet, 420, "e d", "resident");
}

/* The legend of both bars, and the numbers. */
static void print_kinds(struct sheet *sheet)
{
	const struct picture *picture = sheet->picture;

	print_text(sheet, MARGIN, "d", "kind");
	print_sum_titles(sheet);
	for (unsigned int i = 0; i < KINDS; i++) {
		char class[8];

		if (!picture->kind[i].mappings)
			continue;
		sheet->y += LINE;
		snprintf(class, sizeof(class), "k%u", i);
		print_rect(sheet, MARGIN, sheet->y - 11, 12, 12, class);
		print_text(sheet, MARGIN + 20, "", maps_kind((enum kind)i));
		print_sum(sheet, &picture->kind[i], i == KIND_HOSTMEM || picture->maps.resident);
	}
	sheet->y += LINE;
	print_text(sheet, MARGIN + 20, "b", "total");
	print_sum(sheet, &picture->all, picture->maps.resident);
	sheet->y += 2 * LINE;
}

/* One bar for each part; neighbours that are alike are one rectangle, to keep the file small. */
static void print_cells(const struct sheet *sheet, const struct region *region)
{
	const double whole = CELL * REGION_CELLS;
	unsigned int parts = (unsigned int)strlen(region->map);
	unsigned int top = sheet->y - 12;

	print_rect(sheet, CELLS_X, top, whole, TALL, region->known ? "box" : "u");
	for (unsigned int i = 0, end; i < parts; i = end) {
		unsigned int level, high;
		bool guard;

		for (end = i + 1; end < parts && region->map[end] == region->map[i];)
			end++;
		level = picture_cell(region, i, parts, &guard);
		high = guard ? TALL : (TALL * level + 8) / 9;
		if (high)
			print_rect(sheet, CELLS_X + whole * i / parts, top + TALL - high,
				   whole * (end - i) / parts, high, guard ? "g" : "k0");
	}
}

static void print_region(struct sheet *sheet, const struct region *region)
{
	char text[TEXT_SIZE], words[40];

	snprintf(text, sizeof(text), "%" PRIx64, region->start);
	print_text(sheet, MARGIN, "m", text);
	print_text(sheet, 230, "e", size(sheet, text, (region->end - region->start) / 1024));
	print_text(sheet, 320, "e",
		   region->known ? size(sheet, text, region->committed_kb) : "?");
	snprintf(words, sizeof(words), "%s%s%s%s", region->known ? region->protect : "?",
		 region->watched ? " watched" : "", region->large ? " large" : "",
		 region->pinnable ? " pinnable" : "");
	print_text(sheet, 340, "m", words);
	print_cells(sheet, region);
	sheet->y += LINE;
}

static void print_regions(struct sheet *sheet)
{
	const struct picture *picture = sheet->picture;
	char text[100], hidden[TEXT_SIZE];

	print_text(sheet, MARGIN, "b", "regions of hostmem");
	sheet->y += LINE;
	print_text(sheet, MARGIN, "d", "start");
	print_text(sheet, 230, "e d", "size");
	print_text(sheet, 320, "e d", "committed");
	print_text(sheet, 340, "d", "protection, flags");
	print_text(sheet, CELLS_X, "d", "committed parts");
	print_rect(sheet, 667, sheet->y - 11, 12, 12, "g");
	print_text(sheet, 684, "d", "has a guard page");
	print_rect(sheet, 855, sheet->y - 11, 12, 12, "u");
	print_text(sheet, CELLS_X + CELL * REGION_CELLS, "e d", "not told");
	sheet->y += LINE;
	for (size_t i = 0; i < picture->regions; i++)
		if (picture->region_shown[i])
			print_region(sheet, &picture->region[i]);
	if (picture->regions_hidden) {
		snprintf(text, sizeof(text), "and %zu more with %s committed",
			 picture->regions_hidden, size(sheet, hidden, picture->hidden_kb));
		print_text(sheet, MARGIN, "d", text);
		sheet->y += LINE;
	}
	sheet->y += LINE;
}

static void print_groups(struct sheet *sheet)
{
	const struct picture *picture = sheet->picture;
	char text[100];

	print_text(sheet, MARGIN, "b", "all else");
	sheet->y += LINE;
	print_text(sheet, MARGIN, "d", "kind");
	print_sum_titles(sheet);
	print_text(sheet, 440, "d", "name");
	for (size_t i = 0; i < picture->groups_shown; i++) {
		const struct group *group = &picture->group[i];
		char name[6 * 64 + 8], class[8];

		sheet->y += LINE;
		snprintf(class, sizeof(class), "k%u", (unsigned int)group->kind);
		print_rect(sheet, MARGIN, sheet->y - 11, 12, 12, class);
		print_text(sheet, MARGIN + 20, "", maps_kind(group->kind));
		print_sum(sheet, &group->sum, picture->maps.resident);
		text_escape_path(name, sizeof(name), picture_group_name(group), TEXT_XML, 64);
		print_text(sheet, 440, "m", name);
	}
	if (picture->groups_shown < picture->groups) {
		sheet->y += LINE;
		snprintf(text, sizeof(text), "and %zu more",
			 picture->groups - picture->groups_shown);
		print_text(sheet, MARGIN, "d", text);
	}
	sheet->y += LINE;
}

static void print_title(struct sheet *sheet)
{
	const struct picture *picture = sheet->picture;
	char one[TEXT_SIZE], two[TEXT_SIZE], name[6 * 40 + 8], text[400], limit[40] = "";

	text_escape(name, sizeof(name), picture->name, TEXT_XML, 40);
	snprintf(text, sizeof(text), "%s (%" PRIu64 ")", name, picture->pid);
	sheet->y = 40;
	print_text(sheet, MARGIN, "h", text);
	sheet->y += 24;
	if (picture->limit_kb)
		snprintf(limit, sizeof(limit), ", limit %s", size(sheet, one, picture->limit_kb));
	if (picture->regions || picture->open)
		snprintf(text, sizeof(text),
			 "%zu region%s of hostmem, %s reserved, %s committed%s%s",
			 picture->regions, picture->regions == 1 ? "" : "s",
			 size(sheet, one, picture->reserved_kb),
			 size(sheet, two, picture->committed_kb), limit,
			 sheet->tool->exact ? "; sizes in KiB" : "");
	else
		snprintf(text, sizeof(text), "no memory of hostmem");
	print_text(sheet, MARGIN, "d", text);
	sheet->y += 36;
}

/* All but what depends on the height, which is known last. */
static void print_body(struct sheet *sheet)
{
	print_title(sheet);
	print_kinds_bar(sheet, "address space", false);
	if (sheet->picture->maps.resident)
		print_kinds_bar(sheet, "resident", true);
	print_kinds(sheet);
	if (sheet->picture->regions)
		print_regions(sheet);
	if (sheet->picture->groups)
		print_groups(sheet);
}

static bool write_file(struct tool *tool, const struct sheet *sheet, const char *body)
{
	unsigned int height = sheet->y + MARGIN;
	FILE *file;
	bool ok;
	int fd;

	if (strcmp(tool->svg, "-"))
		fd = open(tool->svg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	else
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		tool_fail(tool, "%.200s: %s", tool->svg, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\"\n"
		"viewBox=\"0 0 %u %u\">\n<style>%s</style>\n"
		"<rect width=\"%u\" height=\"%u\" class=\"bg\"/>\n%s</svg>\n",
		WIDTH, height, WIDTH, height, style, WIDTH, height, body);
	ok = !ferror(file);
	ok = !fclose(file) && ok;
	return ok || tool_fail(tool, "%.200s: %s", tool->svg, strerror(errno));
}

bool map_svg(struct tool *tool, uint64_t pid)
{
	struct picture picture;
	struct sheet sheet = { .tool = tool, .picture = &picture };
	char *body = NULL;
	size_t length;
	bool ok = false;

	if (picture_take(tool, pid, MOST, &picture)) {
		sheet.out = open_memstream(&body, &length);
		if (sheet.out) {
			print_body(&sheet);
			fclose(sheet.out);
			ok = write_file(tool, &sheet, body);
		} else {
			tool_fail(tool, "out of memory");
		}
		free(body);
	}
	picture_free(&picture);
	return ok;
}
