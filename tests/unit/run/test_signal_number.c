/* SPDX-License-Identifier: Apache-2.0 */
/* Names and numbers of signals. */
#include <corc/corc.h>
#include <errno.h>
#include <signal.h>

#include "sys/support.h"

static const struct {
	const char *name;
	int number;
} names[] = {
	{"KILL", SIGKILL},
	{"SIGKILL", SIGKILL},
	{"sigkill", SIGKILL},
	{"SigKill", SIGKILL},
	{"kill", SIGKILL},
	{"HUP", SIGHUP},
	{"INT", SIGINT},
	{"QUIT", SIGQUIT},
	{"ILL", SIGILL},
	{"TRAP", SIGTRAP},
	{"ABRT", SIGABRT},
	{"BUS", SIGBUS},
	{"FPE", SIGFPE},
	{"KILL", SIGKILL},
	{"USR1", SIGUSR1},
	{"SEGV", SIGSEGV},
	{"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},
	{"ALRM", SIGALRM},
	{"TERM", SIGTERM},
	{"STKFLT", SIGSTKFLT},
	{"CHLD", SIGCHLD},
	{"CONT", SIGCONT},
	{"STOP", SIGSTOP},
	{"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},
	{"URG", SIGURG},
	{"XCPU", SIGXCPU},
	{"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM},
	{"PROF", SIGPROF},
	{"WINCH", SIGWINCH},
	{"IO", SIGIO},
	{"PWR", SIGPWR},
	{"SYS", SIGSYS},
	{"CLD", SIGCHLD},
	{"IOT", SIGABRT},
	{"POLL", SIGIO},
	/* The kernel's numbers, not those that a libc leaves over. */
	{"RTMIN", 34},
	{"SIGRTMIN", 34},
	{"SIGRTMIN+0", 34},
	{"rtmin+3", 37},
	{"SIGRTMIN+30", 64},
	{"RTMAX", 64},
	{"SIGRTMAX-1", 63},
	{"rtmax-30", 34},
	/* Numbers. */
	{"9", 9},
	{"15", 15},
	{"64", 64},
	{"0", 0},
};

static const char *const refused[] = {"", "SIG", "SIGSIGKILL", "KILLED", "KIL", "NOSUCH", "65",
	"-9", "+9", " 9", "9 ", "9x", "0x9", "99999999999999999999", "18446744073709551625",
	"RTMIN+", "RTMIN-1", "RTMIN+31", "RTMIN+-1", "RTMIN+1x", "RTMIN 1", "RTMAX+1", "RTMAX-31",
	"RTMAX-", "RTMINX", "RT", "SIG9", "KILL ", " KILL"};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (corc_signal_number(names[i].name) != names[i].number)
			fail_msg("%s: %d", names[i].name, corc_signal_number(names[i].name));
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (corc_signal_number(refused[i]) != -EINVAL)
			fail_msg("\"%s\": %d", refused[i], corc_signal_number(refused[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("run/signal_number", tests, NULL, NULL);
}
