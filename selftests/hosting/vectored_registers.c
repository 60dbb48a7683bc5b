// SPDX-License-Identifier: GPL-2.0
/*
 * Description: registers that vectored exception handlers see and change (rule N10).
 */
#include "vectored.h"

#define CARRY	0x1u
#define ZERO	0x40u
#define RESUME	0x10000u	/* only in what a fault has saved */

static LONG skip_load(EXCEPTION_POINTERS *info)
{
	note(info, 's');
	info->ContextRecord->Rip = (DWORD64)load_word_end;
	info->ContextRecord->Rax = 0x123456789abcdefull;
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
	DWORD64 *changed[REGISTERS] = {
		&context->Rax, &context->Rcx, &context->Rdx, &context->Rbx, &context->Rbp,
		&context->Rsi, &context->R8, &context->R9, &context->R10, &context->R11,
		&context->R12, &context->R13, &context->R14, &context->R15,
	};
	int i;

	note(info, 'r');
	for (i = 0; i < REGISTERS; i++)
		*changed[i] = ~*changed[i];
	context->EFlags = (context->EFlags & ~CARRY) | ZERO;
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
		const DWORD64 its[REGISTERS] = {
			seen->Rax, seen->Rcx, seen->Rdx, seen->Rbx, seen->Rbp, seen->Rsi,
			seen->R8, seen->R9, seen->R10, seen->R11, seen->R12, seen->R13,
			seen->R14, seen->R15,
		};

		EXPECT_EQ(0x0101010101010101ull * (i + 1), its[i]);
		EXPECT_EQ(~its[i], registers[i]);
	}
	EXPECT_EQ((uintptr_t)self->page, seen->Rdi);
	EXPECT_EQ(CARRY, seen->EFlags & (CARRY | ZERO));
	EXPECT_EQ(ZERO, registers[REGISTERS] & (CARRY | ZERO));
	EXPECT_EQ(seen->EFlags & ~(CARRY | ZERO | RESUME),
		  registers[REGISTERS] & ~(uint64_t)(CARRY | ZERO | RESUME));
	EXPECT_NE(0, seen->SegCs);
	EXPECT_NE(0, seen->SegSs);
}

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

TEST_HARNESS_MAIN
