/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.shares → cpu.weight. Layer: plan; the parent process only; pure.
 *
 * The defaults of both (1024 and 100) and both ends meet on the curve
 *
 *	log10(weight) = (l² + 125 l) / 612 - 7/34, l = log2(shares)
 *
 * and the weight is the next integer not below it. The smallest weight on or above the curve is
 * searched with logarithms in fixed point, so that every C library gives the same.
 */
#include "plan/cgroup_builder.h"

#define SHARES_MIN 2
#define SHARES_MAX 262144
#define WEIGHT_MAX 10000
#define FRACTION_BITS 40
#define MANTISSA_BITS 62
/*
 * A weight that lies on the curve (100) must not be missed by a rounding error, which is below
 * 2^-29. No other weight comes nearer to the curve than 2^-22 at any number of shares.
 */
#define TOLERANCE ((__int128)1 << (2 * FRACTION_BITS - 26))

/* log2 with FRACTION_BITS bits after the point: squaring doubles the logarithm, bit for bit. */
static uint64_t log2_fixed(uint32_t number)
{
	unsigned exponent = 31 - (unsigned)__builtin_clz(number);
	uint64_t mantissa = (uint64_t)number << (MANTISSA_BITS - exponent); /* in [1, 2) */
	uint64_t logarithm = exponent;

	for (unsigned bit = 0; bit < FRACTION_BITS; bit++) {
		mantissa = (uint64_t)((unsigned __int128)mantissa * mantissa >> MANTISSA_BITS);
		logarithm <<= 1;
		if (mantissa >> (MANTISSA_BITS + 1)) {
			mantissa >>= 1;
			logarithm |= 1;
		}
	}
	return logarithm;
}

/* 612 log2(weight) >= log2(10) (l² + 125 l - 126) */
static bool is_on_or_above(uint32_t weight, uint64_t l)
{
	__int128 one = (__int128)1 << FRACTION_BITS;
	__int128 curve = (__int128)l * l + (__int128)125 * l * one - 126 * one * one;
	__int128 left = 612 * (__int128)log2_fixed(weight) * one;
	__int128 right = (curve >> FRACTION_BITS) * (__int128)log2_fixed(10);

	return left + TOLERANCE >= right;
}

uint32_t corc_cgroup_weight(uint64_t shares)
{
	uint32_t low = 1;
	uint32_t high = WEIGHT_MAX;
	uint64_t l;

	if (shares == 0)
		return 0;
	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return WEIGHT_MAX;
	l = log2_fixed((uint32_t)shares);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (is_on_or_above(middle, l))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
