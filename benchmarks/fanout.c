/* Load on a group chat on loopback, for comparing servers in one run: every line that one member sends holds a token, and
 * the copies that reach the others are counted and timed.
 *
 *   fanout HOST PORT MEMBERS SENDERS LINES COPIES SECONDS [PREAMBLE]
 *
 * SENDERS of the MEMBERS send LINES lines each; a server delivers COPIES of each (MEMBERS when the sender gets its own line
 * too, else MEMBERS - 1). After SECONDS it gives up. Each member sends PREAMBLE first: ~ is a line end, %1$d its number.
 * With LINES 0 the members stay idle, and the server's memory is told.
 *
 * In the environment:
 *   SERVER_PID=P  tells CPU time and memory of that process
 *   DEAD=K        K members, none of them a sender, never read; their copies are not expected
 *   RATE=N        N lines a second in all, evenly; without it each sender keeps 64 lines under way
 *   PREFIX=TEXT   stands before each line, such as "PRIVMSG #c :"
 *
 * A member counts as accepted when a line that another one sent has reached it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, TAIL = 64, EVENTS = 512, SUB = 64, BUCKETS = 64 * SUB };

struct member {
    int fd, sent, seen, tail_length, accepted;
    char tail[TAIL];
};

static struct member *members;
static int count, senders, dead, epoll;
static long histogram[BUCKETS], samples;
static char buffer[1 << 20];
static const char *prefix = "";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int number(const char *name) {
    char *text = getenv(name);
    return text ? atoi(text) : 0;
}

static double server_cpu(void) {
    char path[64], *pid = getenv("SERVER_PID");
    unsigned long user = 0, kernel = 0;
    if (!pid) return 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    if (fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2) user = kernel = 0;
    fclose(f);
    return (double)(user + kernel) / sysconf(_SC_CLK_TCK);
}

static double server_mib(void) {
    char path[64], line[256], *pid = getenv("SERVER_PID");
    long kib = 0;
    if (!pid) return 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    while (fgets(line, sizeof line, f)) sscanf(line, "VmRSS: %ld", &kib);
    fclose(f);
    return kib / 1024.0;
}

/* Microseconds in buckets of at most 1/SUB of their value. */
static void record(double seconds) {
    unsigned long us = seconds > 0 ? seconds * 1e6 : 0;
    int shift = us < SUB ? 0 : 64 - __builtin_clzl(us) - 6;
    int bucket = shift * SUB / 2 + (us >> shift);
    if (bucket < BUCKETS) histogram[bucket]++;
    samples++;
}

static double percentile(double part) {
    long want = part * (samples - 1), sum = 0;
    for (int b = 0; b < BUCKETS; b++)
        if ((sum += histogram[b]) > want) {
            int shift = b < SUB ? 0 : b / (SUB / 2) - 1;
            return (double)((unsigned long)(b - shift * (SUB / 2)) << shift);
        }
    return 0;
}

static int is_dead(int i) { return i >= senders && i < senders + dead; }

static void connect_all(const char *host, int port, const char *preamble) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &to.sin_addr);
    for (int i = 0; i < count; i++) {
        int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
        if (s < 0 || connect(s, (void *)&to, sizeof to)) {
            perror("connect");
            exit(1);
        }
        setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (preamble) {
            char text[512];
            int n = snprintf(text, sizeof text, preamble, i);
            for (char *p = text; *p; p++)
                if (*p == '~') *p = '\n';
            if (write(s, text, n) != n) exit(1);
        }
        fcntl(s, F_SETFL, O_NONBLOCK);
        members[i].fd = s;
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, s, &e);
    }
}

/* Reads what is there; gives the number of bytes, 0 at the end. */
static ssize_t take(int i, char *to, size_t space) {
    ssize_t n = read(members[i].fd, to, space);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, members[i].fd, NULL);
        fprintf(stderr, "the server closed member %d\n", i);
        return 0;
    }
    return n;
}

/* Member 0 says a word every 20 ms until everybody has heard it. */
static int accept_all(double deadline) {
    static const char word[] = "?here?";
    char line[256];
    int length = snprintf(line, sizeof line, "%s%s\n", prefix, word), left = count - 1;
    double next = now();
    while (left > 0 && now() < deadline) {
        if (now() >= next) {
            if (write(members[0].fd, line, length) < 0 && errno != EAGAIN) return left;
            next = now() + 0.02;
        }
        struct epoll_event ev[EVENTS];
        int k = epoll_wait(epoll, ev, EVENTS, 5);
        for (int e = 0; e < k; e++) {
            int i = ev[e].data.u32;
            struct member *m = &members[i];
            memcpy(buffer, m->tail, m->tail_length);
            ssize_t n = take(i, buffer + m->tail_length, sizeof buffer - TAIL);
            if (n <= 0) continue;
            n += m->tail_length;
            if (!m->accepted && i > 0 && memmem(buffer, n, word, sizeof word - 1)) {
                m->accepted = 1;
                left--;
            }
            m->tail_length = n < 8 ? n : 8;
            memmove(m->tail, buffer + n - m->tail_length, m->tail_length);
        }
    }
    return left;
}

/* Reads until nothing has come for a while. */
static void settle(double quiet, double deadline) {
    for (double until = now() + quiet; now() < until && now() < deadline;) {
        struct epoll_event ev[EVENTS];
        int k = epoll_wait(epoll, ev, EVENTS, 20);
        if (k > 0) until = now() + quiet;
        for (int e = 0; e < k; e++) take(ev[e].data.u32, buffer, sizeof buffer);
    }
    for (int i = 0; i < count; i++) members[i].tail_length = 0;
}

/* The line is "{SENDER:NUMBER:MICROSECONDS} …". */
static int say(int i) {
    char line[256];
    int n = snprintf(line, sizeof line, "%s{%d:%d:%ld} the quick brown fox jumps over the lazy dog\n", prefix, i,
                     members[i].sent, (long)(now() * 1e6));
    ssize_t w = write(members[i].fd, line, n);
    if (w < 0) return 0;
    if (w != n) {
        fprintf(stderr, "short write\n");
        exit(1);
    }
    members[i].sent++;
    return 1;
}

static long read_number(char **at) {
    long n = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) n = n * 10 + **at - '0';
    if (**at == ':') (*at)++;
    return n;
}

/* Counts the tokens in what a member got. */
static long tokens(int i, ssize_t length, double seen) {
    struct member *m = &members[i];
    char *p = buffer, *end = buffer + length;
    long found = 0;
    for (;;) {
        char *at = memchr(p, '{', end - p);
        if (!at) {
            p = end;
            break;
        }
        char *close = memchr(at, '}', end - at);
        if (!close) {
            p = at;
            break;
        }
        if (close - at < 60 && at[1] >= '0' && at[1] <= '9') {
            char *d = at + 1;
            long sender = read_number(&d), line = read_number(&d), us = read_number(&d);
            found++;
            record(seen - us / 1e6);
            /* the last member is the one whose reading lets senders go on */
            if (i == count - 1 && sender < senders && line + 1 > members[sender].seen) members[sender].seen = line + 1;
        }
        p = close + 1;
    }
    m->tail_length = end - p < 60 ? end - p : 0;
    memcpy(m->tail, p, m->tail_length);
    return found;
}

static long run(int lines, long want, double deadline) {
    double start = now(), rate = number("RATE");
    long got = 0, said = 0;
    while (got < want && now() < deadline) {
        if (rate) {
            for (long due = (now() - start) * rate; said < due && said < (long)senders * lines && say(said % senders);) said++;
        } else {
            for (int i = 0; i < senders; i++)
                while (members[i].sent < lines && members[i].sent - members[i].seen < WINDOW && say(i)) {}
        }
        struct epoll_event ev[EVENTS];
        int k = epoll_wait(epoll, ev, EVENTS, rate ? 1 : 50);
        for (int e = 0; e < k; e++) {
            int i = ev[e].data.u32;
            memcpy(buffer, members[i].tail, members[i].tail_length);
            ssize_t n = take(i, buffer + members[i].tail_length, sizeof buffer - TAIL);
            if (n > 0) got += tokens(i, n + members[i].tail_length, now());
        }
    }
    return got;
}

int main(int argc, char **argv) {
    if (argc < 8) {
        fprintf(stderr, "usage: fanout HOST PORT MEMBERS SENDERS LINES COPIES SECONDS [PREAMBLE]\n");
        return 2;
    }
    count = atoi(argv[3]), senders = atoi(argv[4]), dead = number("DEAD");
    int lines = atoi(argv[5]), copies = atoi(argv[6]);
    double limit = atof(argv[7]);
    if (senders < 1 || senders + dead >= count) {
        fprintf(stderr, "too many senders and dead members\n");
        return 2;
    }
    if (getenv("PREFIX")) prefix = getenv("PREFIX");
    members = calloc(count, sizeof *members);
    epoll = epoll_create1(0);
    double start = now();
    connect_all(argv[1], atoi(argv[2]), argc > 8 ? argv[8] : NULL);
    double connected = now() - start;
    int missing = accept_all(start + limit);
    double accepted = now() - start;
    settle(0.5, now() + limit);
    printf("connect %.3f s, accept %.3f s", connected, accepted);
    if (missing) {
        printf(", %d members never heard anything\n", missing);
        return 1;
    }
    if (lines == 0) {
        double cpu = server_cpu();
        sleep(3);
        printf(", rss %.1f MiB, idle cpu %.3f s in 3 s\n", server_mib(), server_cpu() - cpu);
        return 0;
    }
    for (int i = 0; i < count; i++)
        if (is_dead(i)) epoll_ctl(epoll, EPOLL_CTL_DEL, members[i].fd, NULL);
    long want = (long)senders * lines * (copies - dead);
    double cpu = server_cpu(), begin = now();
    long got = run(lines, want, begin + limit);
    double took = now() - begin;
    cpu = server_cpu() - cpu;
    printf(", %.0f copies/s, p50 %.0f us, p99 %.0f us, max %.0f us, cpu %.3f us/copy, rss %.1f MiB, got %ld of %ld\n",
           got / took, percentile(.5), percentile(.99), percentile(1), got ? cpu * 1e6 / got : 0, server_mib(), got, want);
    return got == want ? 0 : 1;
}
