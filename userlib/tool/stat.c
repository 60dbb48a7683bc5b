// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The module and its users as a table.  See stat.h.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "scan.h"
#include "stat.h"

/* Columns of a process's name. */
#define NAME_COLUMNS	15

/* For a note that is longer no other column goes. */
#define NOTE_COLUMNS	20

/* Room for what a cell has: a name may be all escapes, in UTF-8 all of 4 bytes. */
#define CELL_SIZE	72

enum column {
	COLUMN_PID,
	COLUMN_COMMAND,
	COLUMN_FILES,
	COLUMN_REGIONS,
	COLUMN_RESERVED,
	COLUMN_COMMITTED,
	COLUMN_OVERHEAD,
	COLUMN_PINNED,
	COLUMN_RESET,
	COLUMN_PREPARED,
	COLUMN_LIMIT,
	COLUMN_WAITING,
	COLUMN_FLAGS,
	COLUMN_NOTE,
	COLUMNS
};

static const char * const titles[COLUMNS] = {
	"PID", "COMMAND", "FILES", "REGIONS", "RESERVED", "COMMITTED", "OVERHEAD", "PINNED",
	"RESET", "PREPARED", "LIMIT", "WAITING", "FLAGS", "NOTE",
};

/* What a screen goes without that isn't wide enough, the first of them first. */
static const enum column spare[] = {
	COLUMN_PINNED, COLUMN_RESET, COLUMN_PREPARED, COLUMN_OVERHEAD, COLUMN_FILES, COLUMN_FLAGS,
	COLUMN_REGIONS, COLUMN_LIMIT, COLUMN_RESERVED, COLUMN_WAITING,
};

struct row {
	char cell[COLUMNS][CELL_SIZE];
	unsigned int width[COLUMNS];	/* in columns of the screen */
};

/* Owns its rows. */
struct table {
	struct row *rows;		/* the first has the titles */
	size_t count;
	unsigned int width[COLUMNS];	/* 0: left out */
};

static void set(struct row *row, enum column column, const char *text)
{
	snprintf(row->cell[column], CELL_SIZE, "%s", text);
	row->width[column] = (unsigned int)strlen(row->cell[column]);
}

static void set_number(struct row *row, enum column column, uint64_t number)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	set(row, column, text);
}

static struct row *new_row(struct table *table)
{
	table->rows = tool_grow(table->rows, table->count + 1, sizeof(*table->rows));
	table->rows[table->count] = (struct row){ .width = { 0 } };
	return &table->rows[table->count++];
}

static void set_sums(const struct tool *tool, struct row *row, const struct process *process)
{
	char size[TEXT_SIZE];

	set_number(row, COLUMN_FILES, process->files);
	set_number(row, COLUMN_REGIONS, process->regions);
	set(row, COLUMN_RESERVED, text_size(size, process->reserved_kb, tool->exact));
	set(row, COLUMN_COMMITTED, text_size(size, process->committed_kb, tool->exact));
	set(row, COLUMN_OVERHEAD, text_size(size, process->overhead_kb, tool->exact));
	set(row, COLUMN_PINNED, text_size(size, process->pinned_kb, tool->exact));
	set(row, COLUMN_RESET, text_size(size, process->reset_kb, tool->exact));
	set(row, COLUMN_PREPARED, text_size(size, process->prepared_kb, tool->exact));
	set_number(row, COLUMN_WAITING, process->waiting);
}

static void add_process(const struct tool *tool, struct table *table, const struct process *process)
{
	struct row *row = new_row(table);
	char size[TEXT_SIZE], note[CELL_SIZE] = "";

	set(row, COLUMN_PID, "?");
	if (process->pid)
		set_number(row, COLUMN_PID, process->pid);
	row->width[COLUMN_COMMAND] = text_escape(row->cell[COLUMN_COMMAND], CELL_SIZE,
						 process->name, screen_form(&tool->screen),
						 NAME_COLUMNS);
	for (unsigned int i = COLUMN_FILES; i < COLUMN_NOTE; i++)
		set(row, i, "-");
	if (process->files) {
		set_sums(tool, row, process);
		if (process->limit_kb)
			set(row, COLUMN_LIMIT, text_size(size, process->limit_kb, tool->exact));
	}
	/* Words of the kernel's, which are plain; this costs little. */
	if (*process->flags)
		row->width[COLUMN_FLAGS] = text_escape(row->cell[COLUMN_FLAGS], CELL_SIZE,
						       process->flags, TEXT_ASCII, 40);
	if (*process->owners)
		snprintf(note, sizeof(note), "file of %s", process->owners);
	else if (*process->holders)
		snprintf(note, sizeof(note), "held by %s", process->holders);
	set(row, COLUMN_NOTE, note);
}

static void add_total(const struct tool *tool, struct table *table, const struct scan *scan)
{
	struct process sum = { .files = 0 };
	struct row *row = new_row(table);

	for (size_t i = 0; i < scan->process_count; i++) {
		const struct process *process = &scan->processes[i];

		sum.files += process->files;
		sum.regions += process->regions;
		sum.waiting += process->waiting;
		sum.reserved_kb += process->reserved_kb;
		sum.committed_kb += process->committed_kb;
		sum.overhead_kb += process->overhead_kb;
		sum.pinned_kb += process->pinned_kb;
		sum.reset_kb += process->reset_kb;
		sum.prepared_kb += process->prepared_kb;
	}
	set(row, COLUMN_COMMAND, "total");
	set_sums(tool, row, &sum);
}

/* Widths of the columns, and which of them are left out. */
static void fit(struct table *table, unsigned int columns)
{
	unsigned int width = 0;

	for (unsigned int i = 0; i < COLUMNS; i++) {
		bool empty = i == COLUMN_NOTE;

		table->width[i] = 0;
		for (size_t j = 0; j < table->count; j++) {
			if (table->rows[j].width[i] > table->width[i])
				table->width[i] = table->rows[j].width[i];
			if (j && table->rows[j].width[i])
				empty = false;
		}
		if (empty)
			table->width[i] = 0;
		else
			width += 2 + (i == COLUMN_NOTE && table->width[i] > NOTE_COLUMNS ?
				      NOTE_COLUMNS : table->width[i]);
	}
	for (size_t i = 0; columns && width > columns + 2; i++) {
		if (i == sizeof(spare) / sizeof(spare[0]))
			break;
		width -= table->width[spare[i]] + 2;
		table->width[spare[i]] = 0;
	}
}

static bool left_aligned(unsigned int column)
{
	return column == COLUMN_COMMAND || column == COLUMN_FLAGS || column == COLUMN_NOTE;
}

static void print_row(FILE *out, const struct table *table, const struct row *row)
{
	unsigned int begin = 0, printed = 0;

	for (unsigned int i = 0; i < COLUMNS; i++) {
		unsigned int at = begin;

		if (!table->width[i])
			continue;
		if (!left_aligned(i))
			at += table->width[i] - row->width[i];
		if (row->width[i]) {
			fprintf(out, "%*s%s", (int)(at - printed), "", row->cell[i]);
			printed = at + row->width[i];
		}
		begin += table->width[i] + 2;
	}
	fputc('\n', out);
}

static void print_bar(const struct tool *tool, FILE *out, const struct module *module)
{
	const struct screen *screen = &tool->screen;
	unsigned int width = screen->columns > 120 ? 60 : 30;
	unsigned int percent = text_percent(module->charged_kb, module->limit_kb);
	unsigned int full = (percent * width + 50) / 100;

	if (module->charged_kb && !full)
		full = 1;
	fputs("  [", out);
	screen_style(screen, out, percent >= 90 ? "\033[31m" : "\033[32m");
	for (unsigned int i = 0; i < width; i++) {
		if (i == full)
			screen_style(screen, out, SCREEN_PLAIN);
		fputs(i < full ? screen->utf8 ? "\xe2\x96\x88" : "#" :
				 screen->utf8 ? "\xc2\xb7" : ".", out);
	}
	screen_style(screen, out, SCREEN_PLAIN);
	fputc(']', out);
}

static void print_module(const struct tool *tool, FILE *out, const struct module *module)
{
	char one[TEXT_SIZE], two[TEXT_SIZE];
	const char *unit = tool->exact ? " KiB" : "";

	fprintf(out, "charged   %s%s", text_size(one, module->charged_kb, tool->exact), unit);
	if (module->limit_kb) {
		fprintf(out, " of %s%s, %u%%", text_size(two, module->limit_kb, tool->exact),
			unit, text_percent(module->charged_kb, module->limit_kb));
		print_bar(tool, out, module);
	}
	fprintf(out, "\ncommits   %" PRIu64 " waiting, %" PRIu64 " refused\n",
		module->waiting, module->refused);
	fprintf(out, "besides   %s%s reset, %s%s prepared ahead, %" PRIu64 " file%s open\n",
		text_size(one, module->reset_kb, tool->exact), unit,
		text_size(two, module->pooled_kb, tool->exact), unit,
		module->spaces, module->spaces == 1 ? "" : "s");
	if (module->parameters && *module->parameters)
		fprintf(out, "settings  %s\n", module->parameters);
}

static void print_processes(const struct tool *tool, FILE *out, const struct scan *scan,
			    size_t shown)
{
	struct table table = { .rows = NULL };
	struct row *row = new_row(&table);

	for (unsigned int i = 0; i < COLUMNS; i++)
		set(row, i, titles[i]);
	for (size_t i = 0; i < shown; i++)
		add_process(tool, &table, &scan->processes[i]);
	if (scan->process_count > 1)
		add_total(tool, &table, scan);
	fit(&table, tool->screen.columns);

	screen_style(&tool->screen, out, SCREEN_BOLD);
	print_row(out, &table, &table.rows[0]);
	screen_style(&tool->screen, out, SCREEN_PLAIN);
	for (size_t i = 1; i <= shown; i++)
		print_row(out, &table, &table.rows[i]);
	if (shown < scan->process_count)
		fprintf(out, "... and %zu more\n", scan->process_count - shown);
	if (scan->process_count > 1)
		print_row(out, &table, &table.rows[table.count - 1]);
	free(table.rows);
}

/* How many processes so many lines have room for, beside all that is printed besides. */
static size_t room_for(const struct module *module, const struct scan *scan, unsigned int lines)
{
	/* Three of the module, an empty one, the titles. */
	size_t others = 5;

	others += module->parameters && *module->parameters;
	others += scan->process_count > 1;
	others += scan->hidden > 0;
	if (!lines || scan->process_count + others <= lines)
		return scan->process_count;
	/* How many are left out. */
	others++;
	return lines > others ? lines - others : 0;
}

static void print_all(const struct tool *tool, FILE *out, const struct module *module,
		      const struct scan *scan, unsigned int lines)
{
	print_module(tool, out, module);
	fputc('\n', out);
	if (scan->process_count)
		print_processes(tool, out, scan, room_for(module, scan, lines));
	else
		fputs(scan->hidden ? "no process that can be looked at has the device open\n" :
				     "no process has the device open\n", out);
	if (scan->hidden)
		fprintf(out, "%zu more process%s can't be looked at without root\n", scan->hidden,
			scan->hidden == 1 ? "" : "es");
}

char *stat_text(struct tool *tool, unsigned int lines)
{
	struct module module;
	struct scan scan;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!module_read(tool, &module))
		return NULL;
	if (scan_all(tool, &scan)) {
		out = open_memstream(&text, &size);
		if (out) {
			print_all(tool, out, &module, &scan, lines);
			fclose(out);
		} else {
			tool_fail(tool, "out of memory");
		}
	}
	scan_free(&scan);
	module_free(&module);
	return text;
}
