/* Connections that ask an HTTP server for little, on loopback.
 *
 *   httpconns idle PORT CONNECTIONS     each makes a request and stays open; then the server's memory, and its CPU time in 5 s
 *   httpconns slow PORT CONNECTIONS SECONDS
 *                                       each sends its header a byte a second; a new client asks 20 times a second meanwhile
 *
 * SERVER_PID in the environment is the server. Everything is bounded: a silent server ends it after 10 s. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void nap(double seconds) {
    if (seconds > 0) usleep((useconds_t)(seconds * 1e6));
}

static double cpu(void) {
    char path[64], line[1024] = "", *pid = getenv("SERVER_PID");
    snprintf(path, sizeof path, "/proc/%s/stat", pid ? pid : "0");
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = 0;
    char *after = strrchr(line, ')');
    unsigned long u = 0, s = 0;
    if (!after || sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s) != 2) return 0;
    return (double)(u + s) / sysconf(_SC_CLK_TCK);
}

static double rss(void) {
    char path[64], line[256], *pid = getenv("SERVER_PID");
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid ? pid : "0");
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) sscanf(line, "VmRSS: %ld", &kib);
    if (f) fclose(f);
    return kib / 1024.0;
}

static int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 10};
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(s, (void *)&to, sizeof to)) {
        perror("connect");
        exit(1);
    }
    return s;
}

/* sends a request, reads the reply (which comes in one piece) */
static void ask(int s) {
    char reply[4096];
    if (send(s, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) < 0 || recv(s, reply, sizeof reply, 0) < 12
        || memcmp(reply, "HTTP/1.1 200", 12)) {
        fprintf(stderr, "no reply\n");
        exit(1);
    }
}

static double newcomer(int port) {
    double start = now();
    int s = dial(port);
    ask(s);
    close(s);
    return (now() - start) * 1e3;
}

static int smaller(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

static int idle(int port, int n) {
    double start = now();
    int *s = calloc(n, sizeof *s);
    for (int i = 0; i < n; i++) {
        s[i] = dial(port);
        ask(s[i]);
    }
    double opened = now() - start, before = cpu();
    nap(5);
    double used = cpu() - before, memory = rss();
    printf("%d idle connections, each after a request, opened in %.2f s, server rss %.1f MiB, cpu %.3f s in 5 s, a new client "
           "answered in %.2f ms\n", n, opened, memory, used, newcomer(port));
    for (int i = 0; i < n; i++) ask(s[i]); /* they were all alive */
    return 0;
}

static int slow(int port, int n, int seconds) {
    static double took[10000];
    int *s = calloc(n, sizeof *s), tries = 0;
    for (int i = 0; i < n; i++) {
        s[i] = dial(port);
        if (send(s[i], "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", 36, MSG_NOSIGNAL) < 0) return 1;
    }
    double start = now();
    for (int second = 0; second < seconds; second++) {
        for (int i = 0; i < n; i++) {
            if (send(s[i], "x", 1, MSG_NOSIGNAL) < 0) {
                fprintf(stderr, "the server has closed a slow connection\n");
                return 1;
            }
        }
        while (now() < start + second + 1 && tries < 10000) {
            took[tries++] = newcomer(port);
            nap(0.05);
        }
    }
    double first = took[0];
    qsort(took, tries, sizeof *took, smaller);
    printf("%d clients that send their headers a byte a second: %d new clients answered, median %.2f ms, the first %.2f ms, "
           "the longest three %.2f, %.2f and %.2f ms\n",
           n, tries, took[tries / 2], first, took[tries - 3], took[tries - 2], took[tries - 1]);
    return 0;
}

int main(int argc, char **v) {
    if (argc == 4 && !strcmp(v[1], "idle")) return idle(atoi(v[2]), atoi(v[3]));
    if (argc == 5 && !strcmp(v[1], "slow")) return slow(atoi(v[2]), atoi(v[3]), atoi(v[4]));
    fprintf(stderr, "usage: httpconns idle PORT CONNECTIONS | slow PORT CONNECTIONS SECONDS\n");
    return 2;
}
