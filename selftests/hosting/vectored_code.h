/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code whose instructions have names, for the tests of what is done with registers, and
 * what these are called.  Included once in each program, as it is the code itself.
 *
 * load_word() returns the word at an address, and store_word() puts one there.
 * use_registers() has registers from an array, on x86 all but two, sets the carry flag,
 * writes a byte to an address, and puts what the registers are then into the array, and
 * the flags behind.  push_at() puts a word on a stack.
 */
#ifndef VECTORED_CODE_H
#define VECTORED_CODE_H

#include <stdint.h>

#define REGISTERS	14

#if defined(__x86_64__)
#define PC(context)		((context)->Rip)
#define SP(context)		((context)->Rsp)
#define RESULT(context)		((context)->Rax)
#define FIRST(context)		((context)->Rdi)	/* arguments */
#define SECOND(context)		((context)->Rsi)
#define FLAGS(context)		((context)->EFlags)
/* use_registers()'s second argument, and the others in its array. */
#define ADDRESS(context)	((context)->Rdi)
#define USED(context)								\
	&(context)->Rax, &(context)->Rcx, &(context)->Rdx, &(context)->Rbx,	\
	&(context)->Rbp, &(context)->Rsi, &(context)->R8, &(context)->R9,	\
	&(context)->R10, &(context)->R11, &(context)->R12, &(context)->R13,	\
	&(context)->R14, &(context)->R15

#define CARRY		0x1u
#define ZERO		0x40u
/* Not RF, which is only in what a fault has saved. */
#define OTHER_FLAGS	(~(uint64_t)(CARRY | ZERO | 0x10000))

__asm__(".pushsection .text\n"
	"load_word:\n\t"
	"mov	(%rdi), %rax\n"
	"load_word_end:\n\t"
	"ret\n"
	"store_word:\n\t"
	"mov	%rsi, (%rdi)\n\t"
	"ret\n"
	"push_at:\n\t"
	"mov	%rsp, %rax\n\t"
	"mov	%rdi, %rsp\n"
	"push_at_fault:\n\t"
	"push	%rax\n\t"
	"pop	%rsp\n\t"
	"ret\n"
	"use_registers:\n\t"
	"push	%rbx\n\t"
	"push	%rbp\n\t"
	"push	%r12\n\t"
	"push	%r13\n\t"
	"push	%r14\n\t"
	"push	%r15\n\t"
	"push	%rdi\n\t"
	"push	%rsi\n\t"
	"mov	(%rdi), %rax\n\t"
	"mov	8(%rdi), %rcx\n\t"
	"mov	16(%rdi), %rdx\n\t"
	"mov	24(%rdi), %rbx\n\t"
	"mov	32(%rdi), %rbp\n\t"
	"mov	40(%rdi), %rsi\n\t"
	"mov	48(%rdi), %r8\n\t"
	"mov	56(%rdi), %r9\n\t"
	"mov	64(%rdi), %r10\n\t"
	"mov	72(%rdi), %r11\n\t"
	"mov	80(%rdi), %r12\n\t"
	"mov	88(%rdi), %r13\n\t"
	"mov	96(%rdi), %r14\n\t"
	"mov	104(%rdi), %r15\n\t"
	"mov	(%rsp), %rdi\n\t"
	"stc\n"
	"use_registers_fault:\n\t"
	"movb	$1, (%rdi)\n\t"
	"pushfq\n\t"
	"mov	16(%rsp), %rdi\n\t"
	"mov	%rax, (%rdi)\n\t"
	"mov	%rcx, 8(%rdi)\n\t"
	"mov	%rdx, 16(%rdi)\n\t"
	"mov	%rbx, 24(%rdi)\n\t"
	"mov	%rbp, 32(%rdi)\n\t"
	"mov	%rsi, 40(%rdi)\n\t"
	"mov	%r8, 48(%rdi)\n\t"
	"mov	%r9, 56(%rdi)\n\t"
	"mov	%r10, 64(%rdi)\n\t"
	"mov	%r11, 72(%rdi)\n\t"
	"mov	%r12, 80(%rdi)\n\t"
	"mov	%r13, 88(%rdi)\n\t"
	"mov	%r14, 96(%rdi)\n\t"
	"mov	%r15, 104(%rdi)\n\t"
	"pop	%rax\n\t"
	"mov	%rax, 112(%rdi)\n\t"
	"add	$16, %rsp\n\t"
	"pop	%r15\n\t"
	"pop	%r14\n\t"
	"pop	%r13\n\t"
	"pop	%r12\n\t"
	"pop	%rbp\n\t"
	"pop	%rbx\n\t"
	"ret\n\t"
	".popsection");

#elif defined(__aarch64__)
#define PC(context)		((context)->Pc)
#define SP(context)		((context)->Sp)
#define RESULT(context)		((context)->X0)
#define FIRST(context)		((context)->X0)
#define SECOND(context)		((context)->X1)
#define FLAGS(context)		((context)->Cpsr)
#define ADDRESS(context)	((context)->X1)
#define USED(context)								\
	&(context)->X2, &(context)->X3, &(context)->X4, &(context)->X5,		\
	&(context)->X6, &(context)->X7, &(context)->X8, &(context)->X9,		\
	&(context)->X10, &(context)->X11, &(context)->X12, &(context)->X13,	\
	&(context)->X14, &(context)->X15

#define CARRY		0x20000000u
#define ZERO		0x40000000u
#define OTHER_FLAGS	0x90000000ull

__asm__(".pushsection .text\n"
	"load_word:\n\t"
	"ldr	x0, [x0]\n"
	"load_word_end:\n\t"
	"ret\n"
	"store_word:\n\t"
	"str	x1, [x0]\n\t"
	"ret\n"
	"push_at:\n\t"
	"mov	x1, sp\n\t"
	"mov	sp, x0\n"
	"push_at_fault:\n\t"
	"stur	x1, [sp, #-8]\n\t"
	"mov	sp, x1\n\t"
	"ret\n"
	"use_registers:\n\t"
	"ldp	x2, x3, [x0]\n\t"
	"ldp	x4, x5, [x0, #16]\n\t"
	"ldp	x6, x7, [x0, #32]\n\t"
	"ldp	x8, x9, [x0, #48]\n\t"
	"ldp	x10, x11, [x0, #64]\n\t"
	"ldp	x12, x13, [x0, #80]\n\t"
	"ldp	x14, x15, [x0, #96]\n\t"
	"mov	x16, #2\n\t"
	"cmp	x16, #1\n"
	"use_registers_fault:\n\t"
	"strb	w16, [x1]\n\t"
	"mrs	x16, nzcv\n\t"
	"stp	x2, x3, [x0]\n\t"
	"stp	x4, x5, [x0, #16]\n\t"
	"stp	x6, x7, [x0, #32]\n\t"
	"stp	x8, x9, [x0, #48]\n\t"
	"stp	x10, x11, [x0, #64]\n\t"
	"stp	x12, x13, [x0, #80]\n\t"
	"stp	x14, x15, [x0, #96]\n\t"
	"str	x16, [x0, #112]\n\t"
	"ret\n\t"
	".popsection");
#endif

/* Linked as they are, without a table that programs elsewhere could change. */
#pragma GCC visibility push(hidden)
uint64_t load_word(const void *at);
void store_word(void *at, uint64_t word);
void push_at(void *stack);
void use_registers(uint64_t *registers, void *at);
extern const char load_word_end[], push_at_fault[], use_registers_fault[];
#pragma GCC visibility pop

#endif /* VECTORED_CODE_H */
