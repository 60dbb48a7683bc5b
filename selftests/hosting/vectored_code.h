/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code of x86-64 whose instructions have names, for the tests of what is done with
 * registers.  Included once in each program, as it is the code itself.
 *
 * load_word() returns the word at an address, and store_word() puts one there.
 * use_registers() has all registers but two from an array, sets the carry flag, writes a
 * byte to an address, and puts what the registers are then into the array, and the flags
 * behind.  push_at() pushes a word on a stack.
 */
#ifndef VECTORED_CODE_H
#define VECTORED_CODE_H

#include <stdint.h>

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

#define REGISTERS	14

uint64_t load_word(const void *at);
void store_word(void *at, uint64_t word);
void push_at(void *stack);
void use_registers(uint64_t *registers, void *at);
extern const char load_word_end[], push_at_fault[], use_registers_fault[];

#endif /* VECTORED_CODE_H */
