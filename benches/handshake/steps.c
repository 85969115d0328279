/* Counts the instructions that the processor itself runs, one trap each: with the instructions for SHA and
 * others that valgrind does not know. Slow: some 20 µs an instruction.
 *
 *     steps PROGRAM ARGUMENT...
 *
 * The program calls sched_yield before and after what is counted, and the sum stands on standard error. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void check(int holds, const char *what) {
    if (!holds) {
        perror(what);
        if (child > 0) {
            ptrace(PTRACE_KILL, child, 0, 0);
        }
        exit(1);
    }
}

/* Lets the program go on; returns 0 when it has ended. */
static int go_on(enum __ptrace_request how) {
    int status;
    check(ptrace(how, child, 0, 0) == 0, "ptrace");
    check(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFEXITED(status)) {
        check(WEXITSTATUS(status) == 0, "the program failed");
        return 0;
    }
    check(WIFSTOPPED(status), "the program was killed");
    return 1;
}

static long long of_user(size_t place) {
    return ptrace(PTRACE_PEEKUSER, child, place, 0);
}

#define REGISTER(name) of_user(offsetof(struct user_regs_struct, name))

/* Runs up to the end of the next sched_yield. */
static int pass_mark(void) {
    while (go_on(PTRACE_SYSCALL)) {
        /* At its beginning a system call has no result yet. */
        if (REGISTER(orig_rax) == SYS_sched_yield && REGISTER(rax) != -ENOSYS) {
            return 1;
        }
    }
    return 0;
}

static int is_at_mark(void) {
    const long syscall_instruction = 0x050f;
    long text = ptrace(PTRACE_PEEKTEXT, child, REGISTER(rip), 0);
    return (text & 0xffff) == syscall_instruction && REGISTER(rax) == SYS_sched_yield;
}

int main(int count, char **arguments) {
    unsigned long long steps = 0;
    check(count > 1, "a program");
    child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execvp(arguments[1], arguments + 1);
        _exit(127);
    }
    check(waitpid(child, NULL, 0) == child, "waitpid");
    while (pass_mark()) {
        while (!is_at_mark()) {
            check(go_on(PTRACE_SINGLESTEP), "the program ended between two marks");
            steps++;
        }
        check(pass_mark(), "the program ended at a mark");
    }
    fprintf(stderr, "steps: %llu\n", steps);
    return 0;
}
