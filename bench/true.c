/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload of the benchmarks: a program that only ends. Static, so that no loader is measured.
 * It runs inside the container.
 */
int main(void)
{
	return 0;
}
