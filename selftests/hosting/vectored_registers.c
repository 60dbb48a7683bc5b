// SPDX-License-Identifier: GPL-2.0
/*
 * Description: registers that vectored exception handlers see and change (rule N10).
 */
#include "vectored.h"

static LONG skip_load(EXCEPTION_POINTERS *info)
{
	note(info, 's');
	PC(info->ContextRecord) = (DWORD64)load_word_end;
	RESULT(info->ContextRecord) = 0x123456789abcdefull;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST_F(vectored, can_skip_an_instruction_N10)
{
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, skip_load));
	EXPECT_EQ(0x123456789abcdefull, load_word(self->page + PAGE));
	EXPECT_EQ(0x123456789abcdefull, load_word(self->foreign));
	ASSERT_STREQ("ss", asked);
}

TEST_F(vectored, can_leave_a_function_N10)
{
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, return_77));
	EXPECT_EQ(77, load_word(self->page + PAGE));
	protect(self->page, GUARDED);
	EXPECT_EQ(77, load_word(self->page));
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);
}

static LONG change_all(EXCEPTION_POINTERS *info)
{
	CONTEXT *context = info->ContextRecord;
	DWORD64 *changed[REGISTERS] = { USED(context) };
	int i;

	note(info, 'r');
	for (i = 0; i < REGISTERS; i++)
		*changed[i] = ~*changed[i];
	FLAGS(context) = (FLAGS(context) & ~CARRY) | ZERO;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST_F(vectored, sees_and_changes_registers_and_flags_N10)
{
	uint64_t registers[REGISTERS + 1];
	const CONTEXT *seen = &told[0].context;
	int i;

	for (i = 0; i < REGISTERS; i++)
		registers[i] = 0x0101010101010101ull * (i + 1);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, change_all));
	protect(self->page, GUARDED);
	use_registers(registers, self->page);

	ASSERT_STREQ("r", asked);
	EXPECT_TOLD(0, EXCEPTION_GUARD_PAGE, 1, self->page, use_registers_fault);
	for (i = 0; i < REGISTERS; i++) {
		const DWORD64 *its[REGISTERS] = { USED(seen) };

		EXPECT_EQ(0x0101010101010101ull * (i + 1), *its[i]);
		EXPECT_EQ(~*its[i], registers[i]);
	}
	EXPECT_EQ((uintptr_t)self->page, ADDRESS(seen));
	EXPECT_EQ(CARRY, FLAGS(seen) & (CARRY | ZERO));
	EXPECT_EQ(ZERO, registers[REGISTERS] & (CARRY | ZERO));
	EXPECT_EQ(FLAGS(seen) & OTHER_FLAGS, registers[REGISTERS] & OTHER_FLAGS);
#ifdef __x86_64__
	EXPECT_NE(0, seen->SegCs);
	EXPECT_NE(0, seen->SegSs);
#endif
}

#ifdef __x86_64__
#define ROUND_DOWN	0x2000u
#define BAD_MXCSR	0xffff0000u

static LONG change_floats(EXCEPTION_POINTERS *info)
{
	note(info, 'f');
	info->ContextRecord->Xmm7.Low++;
	info->ContextRecord->Xmm15.High--;
	/* Bits that no processor has don't matter. */
	info->ContextRecord->MxCsr |= ROUND_DOWN | BAD_MXCSR;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST_F(vectored, sees_and_changes_registers_of_SSE_N10)
{
	const uint64_t words[4] = { 10, 11, 12, 13 };
	uint32_t before = 0, after = 0;
	uint64_t result[4];

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, change_floats));
	protect(self->page, GUARDED);
	__asm__ volatile("stmxcsr %[before]\n\t"
			 "movdqu (%[words]), %%xmm7\n\t"
			 "movdqu 16(%[words]), %%xmm15\n\t"
			 "movb $1, (%[page])\n\t"
			 "movdqu %%xmm7, (%[result])\n\t"
			 "movdqu %%xmm15, 16(%[result])\n\t"
			 "stmxcsr %[after]\n\t"
			 "ldmxcsr %[before]"
			 : [before] "+m"(before), [after] "+m"(after)
			 : [words] "r"(words), [page] "r"(self->page), [result] "r"(result)
			 : "xmm7", "xmm15", "memory");
	ASSERT_STREQ("f", asked);
	EXPECT_EQ(10, told[0].context.Xmm7.Low);
	EXPECT_EQ(11, told[0].context.Xmm7.High);
	EXPECT_EQ(12, told[0].context.FltSave.XmmRegisters[15].Low);
	EXPECT_EQ(before, told[0].context.MxCsr);
	EXPECT_EQ(11, result[0]);
	EXPECT_EQ(11, result[1]);
	EXPECT_EQ(12, result[2]);
	EXPECT_EQ(12, result[3]);
	EXPECT_EQ(before | ROUND_DOWN, after);
}
#endif

#ifdef __aarch64__
#define ROUND_DOWN	0x800000u

static LONG change_floats(EXCEPTION_POINTERS *info)
{
	note(info, 'f');
	info->ContextRecord->V[7].Low++;
	info->ContextRecord->V[31].High--;
	info->ContextRecord->Fpcr |= ROUND_DOWN;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST_F(vectored, sees_and_changes_registers_of_SIMD_N10)
{
	const uint64_t words[4] = { 10, 11, 12, 13 };
	uint64_t before, after, result[4];

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, change_floats));
	protect(self->page, GUARDED);
	__asm__ volatile("mrs %[before], fpcr\n\t"
			 "ldr q7, [%[words]]\n\t"
			 "ldr q31, [%[words], #16]\n\t"
			 "strb wzr, [%[page]]\n\t"
			 "str q7, [%[result]]\n\t"
			 "str q31, [%[result], #16]\n\t"
			 "mrs %[after], fpcr\n\t"
			 "msr fpcr, %[before]"
			 : [before] "=&r"(before), [after] "=&r"(after)
			 : [words] "r"(words), [page] "r"(self->page), [result] "r"(result)
			 : "v7", "v31", "memory");
	ASSERT_STREQ("f", asked);
	EXPECT_EQ(10, told[0].context.V[7].Low);
	EXPECT_EQ(11, told[0].context.V[7].High);
	EXPECT_EQ(12, told[0].context.V[31].Low);
	EXPECT_EQ(before, told[0].context.Fpcr);
	EXPECT_EQ(11, result[0]);
	EXPECT_EQ(11, result[1]);
	EXPECT_EQ(12, result[2]);
	EXPECT_EQ(12, result[3]);
	EXPECT_EQ(before | ROUND_DOWN, after);
}
#endif

TEST_HARNESS_MAIN
