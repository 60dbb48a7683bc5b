// SPDX-License-Identifier: GPL-2.0
/*
 * Description: random sequences of calls, each compared with a model of the
 * contract: its result, what queries tell after it, and what pages hold.
 *
 * Without options: some minutes of it as a test, with a seed that is always the
 * same and one that never is.  A failure is printed with the few calls that make
 * it happen.  usage() tells the options.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "run.h"

#define SKIPPED		4
#define FIXED_SEED	1
#define THREADS		4

/* Debug kernels, which are told by their leak detector, get a fifth. */
#define CALLS		50000
#define CALLS_SLOW	10000
#define SLOW_KERNEL	"/sys/kernel/debug/kmemleak"

static struct run *run;
static unsigned int tests, failures;

static unsigned long limit_before;
static unsigned int reserve_before;

static void restore_limit(void)
{
	limit_set(limit_before, reserve_before);
}

static void on_end(int signo)
{
	restore_limit();
	_exit(128 + signo);
}

static uint64_t random_seed(void)
{
	uint32_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = time(NULL);
	return seed;
}

/* One line: the seed, the call, what was expected and what came. */
static void print_failure(bool shared)
{
	const struct trace *trace = &run->trace[run->thread];
	char text[CALL_TEXT] = "";

	printf("# seed %llu", (unsigned long long)run->seed);
	if (run->threads > 1)
		printf(", thread %u of %u", run->thread, run->threads);
	if (run->call >= trace->begun) {
		printf(", at the end: %s\n", run->why);
		return;
	}
	if (!shared) {
		call_print(&trace->calls[run->call], text);
		*strstr(text, "; //") = 0;
	}
	printf(", call %u: %s%s%s\n", run->call, text, *text ? ": " : "", run->why);
}

static unsigned long tally[NR_OPS][NR_OUTCOMES];

static void add_tally(void)
{
	unsigned int thread, op, outcome;

	for (thread = 0; thread < run->threads; thread++)
		for (op = 0; op < NR_OPS; op++)
			for (outcome = 0; outcome < NR_OUTCOMES; outcome++)
				tally[op][outcome] +=
					run->trace[thread].tally[op][outcome];
}

/* So that one sees that it's not all errors, or all left out. */
static bool print_tally(void)
{
	bool all = true;
	unsigned int op;

	printf("# done/refused/left out:");
	for (op = 0; op < NR_OPS; op++)
		printf("%s %s %lu/%lu/%lu", op ? "," : "", op_name(op),
		       tally[op][OUTCOME_DONE], tally[op][OUTCOME_REFUSED],
		       tally[op][OUTCOME_LEFT_OUT]);
	printf("\n");
	for (op = 0; op < NR_OPS; op++)
		all = all && tally[op][OUTCOME_DONE];
	memset(tally, 0, sizeof(tally));
	return all;
}

/* Episodes of up to MAX_CALLS calls; false as soon as one fails. */
static bool make_calls(uint64_t seed, unsigned int threads, unsigned long calls,
		       bool shared, unsigned long *done)
{
	unsigned long most = MAX_CALLS / threads, left;

	for (*done = 0; *done < calls; *done += run_calls(run)) {
		left = (calls - *done + threads - 1) / threads;
		run->seed = seed++;
		run->threads = threads;
		run->length = left < most ? left : most;
		if (shared ? run_shared(run) : run_episode(run)) {
			add_tally();
			continue;
		}
		*done += run_calls(run);
		print_failure(shared);
		if (!shared)
			shrink(run);
		return false;
	}
	return true;
}

/* So many calls of one thread have each operation among them, and done. */
#define ENOUGH		5000

static void test(const char *name, uint64_t seed, unsigned int threads,
		 unsigned long calls, bool shared)
{
	unsigned long done;
	bool good;

	printf("# %s: seed %llu, threads %u\n", name, (unsigned long long)seed,
	       threads);
	good = make_calls(seed, threads, calls, shared, &done);
	if (good && !shared && !print_tally() && threads == 1 && calls >= ENOUGH) {
		printf("# something was never done\n");
		good = false;
	}
	failures += !good;
	printf("%sok %u %s: %lu calls, seed %llu\n", good ? "" : "not ", ++tests,
	       name, done, (unsigned long long)seed);
}

/*
 * Whoever was here before must have left nothing: it would hide what we leave.  And
 * while others are here, much can't be told.
 */
static void test_idle(bool may_be_shared)
{
	uint64_t left = run_left_charged(run);
	bool good = !left && (run->alone || may_be_shared);

	if (!run->alone)
		printf("# others have the device open: nothing is told of the limit\n");
	if (left)
		printf("# %lld bytes are charged\n", (long long)left);
	failures += !good;
	printf("%sok %u nothing is charged to nobody\n", good ? "" : "not ", ++tests);
}

/* As long as asked, each episode with another seed. */
static void test_for(unsigned long seconds, uint64_t seed, unsigned int threads)
{
	time_t start = time(NULL), told = start, now = start;
	unsigned long done, sum = 0;
	unsigned int round;
	bool good = true;

	printf("# seed %llu, one thread and %u, %lu seconds\n",
	       (unsigned long long)seed, threads, seconds);
	for (round = 0; good && now - start < (time_t)seconds; round++) {
		good = make_calls(seed, round % 2 ? threads : 1, MAX_CALLS,
				  round % 8 == 7, &done);
		sum += done;
		seed += 2;
		now = time(NULL);
		if (now - told >= 60) {
			printf("# %lu calls in %lu seconds\n", sum,
			       (unsigned long)(now - start));
			told = now;
		}
	}
	failures += !good;
	if (good)
		print_tally();
	printf("%sok %u as the model says: %lu calls\n", good ? "" : "not ", ++tests,
	       sum);
}

/*
 * Replay
 */

static bool read_calls(const char *path)
{
	unsigned int thread = 0, threads;
	unsigned long long seed;
	char line[2 * CALL_TEXT];
	struct call call;
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	run->threads = 1;
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "//");

		if (at && sscanf(at, "// seed %llu threads %u", &seed, &threads) == 2) {
			run->seed = seed;
			run->threads = threads <= MAX_THREADS ? threads : 1;
		} else if (at && sscanf(at, "// thread %u", &thread) == 1) {
			thread %= MAX_THREADS;
		} else if (call_parse(line, &call)) {
			struct trace *trace = &run->trace[thread];

			if (trace->nr < MAX_CALLS)
				trace->calls[trace->nr++] = call;
		}
	}
	fclose(file);
	return true;
}

static void test_replay(const char *path)
{
	bool good;

	if (!read_calls(path)) {
		fprintf(stderr, "stress: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	run->replay = true;
	good = run_episode(run);
	if (!good)
		print_failure(false);
	failures += !good;
	printf("%sok %u %s: %lu calls\n", good ? "" : "not ", ++tests, path,
	       run_calls(run));
}

/*
 * Options
 */

static void usage(FILE *file)
{
	fputs("Usage: stress [OPTION]...\n"
	      "  --seed N      this seed and no other\n"
	      "  --calls N     calls with the seed that is always the same\n"
	      "  --threads N   so many threads at once, 1 to 16\n"
	      "  --seconds N   as long as that, or until something fails\n"
	      "  --replay FILE the calls of a failure, as it was printed\n",
	      file);
}

struct options {
	bool seeded;
	uint64_t seed;
	unsigned long calls;
	unsigned int threads;
	unsigned long seconds;
	const char *replay;
};

static struct options parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "calls", required_argument, NULL, 'c' },
		{ "threads", required_argument, NULL, 't' },
		{ "seconds", required_argument, NULL, 'd' },
		{ "replay", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct options options = {
		.seed = FIXED_SEED,
		.calls = access(SLOW_KERNEL, F_OK) ? CALLS : CALLS_SLOW,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 's') {
			options.seeded = true;
			options.seed = strtoull(optarg, NULL, 0);
		} else if (option == 'c') {
			options.calls = strtoul(optarg, NULL, 0);
		} else if (option == 't') {
			options.threads = strtoul(optarg, NULL, 0);
		} else if (option == 'd') {
			options.seconds = strtoul(optarg, NULL, 0);
		} else if (option == 'r') {
			options.replay = optarg;
		} else {
			usage(option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc || options.threads > MAX_THREADS) {
		usage(stderr);
		exit(2);
	}
	return options;
}

/* One thread and several with one seed. */
static void test_seed(const struct options *options, uint64_t seed,
		      unsigned long calls)
{
	unsigned int threads = options->threads;

	if (threads) {
		test("so many threads", seed, threads, calls, false);
		return;
	}
	test("one thread", seed, 1, calls / 5 * 4, false);
	/* These take longer, for they flush each other's TLBs. */
	test("several threads", seed, THREADS, calls / 5, false);
}

/*
 * Where the kernel puts regions by itself decides where 2 MiB boundaries are in
 * them, and so what the generator thinks of: it has to be the same every time.
 */
static void fix_layout(char **argv)
{
	int now = personality(0xffffffff);
	char path[4096];
	ssize_t length;

	if (now < 0 || now & ADDR_NO_RANDOMIZE ||
	    personality(now | ADDR_NO_RANDOMIZE) < 0)
		return;
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length < 0)
		return;
	path[length] = 0;
	execv(path, argv);
}

int main(int argc, char **argv)
{
	struct options options = parse_options(argc, argv);
	unsigned int shared_threads = options.threads ? options.threads : THREADS;
	uint64_t seed = random_seed();

	fix_layout(argv);
	printf("TAP version 13\n");
	if (access("/dev/hostmem", F_OK)) {
		printf("1..0 # SKIP there is no /dev/hostmem: load hostmem.ko\n");
		return SKIPPED;
	}
	run = run_create();
	if (!run) {
		perror("stress");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_idle(options.replay || options.seconds || options.seeded);
	if (limit_get(&limit_before, &reserve_before)) {
		atexit(restore_limit);
		signal(SIGINT, on_end);
		signal(SIGTERM, on_end);
	}
	if (options.replay) {
		test_replay(options.replay);
	} else if (options.seconds) {
		test_for(options.seconds, options.seeded ? options.seed : seed,
			 shared_threads);
	} else {
		test_seed(&options, options.seed, options.calls);
		if (!options.seeded)
			test_seed(&options, seed, options.calls / 4);
		test("the same regions", options.seeded ? options.seed : seed,
		     shared_threads, options.calls / 20, true);
	}
	printf("1..%u\n", tests);
	return failures > 0;
}
