# SPDX-License-Identifier: Apache-2.0
# Macros that only this project's configure.ac uses.

# CORC_ADD_CFLAGS(VARIABLE, FLAGS...): appends each flag that the compiler takes.
AC_DEFUN([CORC_ADD_CFLAGS],
[m4_foreach_w([corc_flag], [$2],
[AS_VAR_PUSHDEF([corc_cache], [corc_cv_cflag_]corc_flag)
AC_CACHE_CHECK([whether $CC takes ]corc_flag, [corc_cache],
	[corc_saved_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror corc_flag"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AS_VAR_SET([corc_cache], [yes])], [AS_VAR_SET([corc_cache], [no])])
	CFLAGS=$corc_saved_cflags])
AS_VAR_IF([corc_cache], [yes], [$1="$$1 corc_flag"])
AS_VAR_POPDEF([corc_cache])])])

# CORC_LIBC(VARIABLE, COMPILER): sets VARIABLE to glibc or musl.
AC_DEFUN([CORC_LIBC],
[AC_MSG_CHECKING([for the C library of $2])
cat >conftest.libc.c <<'_EOF'
#include <features.h>
#ifdef __GLIBC__
corc_glibc
#endif
_EOF
AS_IF([$2 -E conftest.libc.c 2>/dev/null | grep -q '^corc_glibc'], [$1=glibc], [$1=musl])
rm -f conftest.libc.c
AC_MSG_RESULT([$$1])])

# CORC_KERNEL_HEADERS(VARIABLE, COMPILER): sets VARIABLE to the flags with which COMPILER finds the
# kernel's headers. musl-gcc leaves /usr/include out; it comes back behind everything else.
AC_DEFUN([CORC_KERNEL_HEADERS],
[AC_MSG_CHECKING([how $2 finds the kernel headers])
cat >conftest.kernel.c <<'_EOF'
#include <linux/mount.h>
#include <asm/unistd.h>
_EOF
corc_afterwards="-idirafter /usr/include/`$2 -print-multiarch 2>/dev/null` -idirafter /usr/include"
AS_IF([$2 -E conftest.kernel.c >/dev/null 2>&1], [$1=; corc_found="by itself"],
	[$2 $corc_afterwards -E conftest.kernel.c >/dev/null 2>&1],
	[$1=$corc_afterwards; corc_found=$corc_afterwards],
	[AC_MSG_RESULT([not at all])
	AC_MSG_ERROR([$2 finds no kernel headers; install linux-libc-dev])])
rm -f conftest.kernel.c
AC_MSG_RESULT([$corc_found])])

# CORC_LOADED_LIBRARY(NAME, OPTION, HEADER): whether libOPTION, which is loaded when it is needed, is
# known: only its header has to be there. with_OPTION becomes yes or no, HAVE_LIBNAME is defined.
AC_DEFUN([CORC_LOADED_LIBRARY],
[AS_IF([test "x$with_$2" != xno], [
	AC_CHECK_HEADER([$3], [with_$2=yes], [
		AS_IF([test "x$with_$2" = xyes], [AC_MSG_ERROR([$3 of lib$2 was not found])])
		with_$2=no])
])
AS_IF([test "$with_$2" = yes], [AC_DEFINE([HAVE_LIB$1], [1], [Whether lib$2 is asked about labels])])])

# CORC_CRIU: whether CRIU's messages can be compiled in: its description of them, its compiler and
# protobuf-c are there. with_criu becomes yes or no, HAVE_CRIU is defined, CRIU_PROTO is found.
AC_DEFUN([CORC_CRIU],
[AS_IF([test "x$with_criu" != xno], [
	corc_missing=
	PKG_CHECK_MODULES([PROTOBUF_C], [libprotobuf-c >= 1.3], [], [corc_missing="libprotobuf-c"])
	AC_PATH_PROG([PROTOC_C], [protoc-c])
	AS_IF([test -z "$PROTOC_C"], [corc_missing="$corc_missing protoc-c"])
	AC_MSG_CHECKING([for the rpc.proto of CRIU])
	AS_IF([test -z "$CRIU_PROTO"], [
		for corc_include in "`$PKG_CONFIG --variable=includedir criu 2>/dev/null`" /usr/include; do
			AS_IF([test -f "$corc_include/criu/rpc.proto"],
				[CRIU_PROTO=$corc_include/criu/rpc.proto; break])
		done])
	AC_MSG_RESULT([${CRIU_PROTO:-no}])
	AS_IF([test -z "$CRIU_PROTO"], [corc_missing="$corc_missing rpc.proto"])
	AS_IF([test -z "$corc_missing"], [with_criu=yes],
		[test "x$with_criu" = xyes], [AC_MSG_ERROR([--with-criu, and not found: $corc_missing])],
		[with_criu=no])
])
AS_IF([test "$with_criu" = yes], [
	AC_DEFINE([HAVE_CRIU], [1], [Whether checkpoint and restore are compiled in])
	AC_DEFINE_UNQUOTED([CORC_PROTOBUF_C_VERSION],
		["`$PKG_CONFIG --modversion libprotobuf-c`"], [Version of protobuf-c])
])
AM_CONDITIONAL([HAVE_CRIU], [test "$with_criu" = yes])])
