/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu.c - which tables there are, and which of them can run here.
 *
 * CPUID tells what the processor can do; XCR0 tells whether the operating system saves the wide registers when it
 * switches threads. Both must agree. The compiler's __builtin_cpu_supports is not used: it keeps global state.
 */
#include "kernels.h"

const struct ps_simd *const ps_simd_tables[] = {
#if defined(__x86_64__)
	&ps_simd_avx512,
	&ps_simd_avx2,
	&ps_simd_ssse3,
	&ps_simd_sse2,
#elif defined(__aarch64__) && defined(__AARCH64EL__)
	&ps_simd_neon,
#endif
	&ps_simd_portable,
	NULL
};

#if defined(__x86_64__)

#include <cpuid.h>

#define SSSE3           (1u << 9)  /* leaf 1, ecx */
#define POPCNT          (1u << 23) /* leaf 1, ecx */
#define OSXSAVE_AND_AVX (3u << 27) /* leaf 1, ecx */
#define AVX2            (1u << 5)  /* leaf 7, ebx */
#define AVX512_F_BW     (1u << 16 | 1u << 30)
#define AVX512_VBMI     (1u << 1)  /* leaf 7, ecx */
#define XMM_AND_YMM     0x06u      /* XCR0 */
#define AND_ZMM         0xE6u

_Static_assert((AND_ZMM & XMM_AND_YMM) == XMM_AND_YMM, "wider registers come with the narrower ones");

static uint32_t xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

/* A wider set is only reported together with the narrower ones: the wide kernels call the narrower. */
uint32_t ps_cpu_features(void)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & SSSE3) == 0)
		return 0;
	if ((c & OSXSAVE_AND_AVX) != OSXSAVE_AND_AVX || (xcr0() & XMM_AND_YMM) != XMM_AND_YMM)
		return PS_CPU_SSSE3;
	if ((c & POPCNT) == 0 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & AVX2) == 0)
		return PS_CPU_SSSE3;
	if ((b & AVX512_F_BW) != AVX512_F_BW || (c & AVX512_VBMI) == 0 || (xcr0() & AND_ZMM) != AND_ZMM)
		return PS_CPU_SSSE3 | PS_CPU_AVX2;
	return PS_CPU_SSSE3 | PS_CPU_AVX2 | PS_CPU_AVX512;
}

#else

uint32_t ps_cpu_features(void)
{
	return 0;
}

#endif

const struct ps_simd *ps_simd_pick(uint32_t features)
{
	const struct ps_simd *const *table = ps_simd_tables;

	while (table[1] != NULL && ((*table)->need & ~features) != 0) /* the last table needs nothing */
		table++;
	return *table;
}
