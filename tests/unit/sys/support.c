/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a test's own, as the tests of base have it. */
#include "base/temporary.c"
