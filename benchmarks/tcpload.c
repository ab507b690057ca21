/* Load on a TCP server on loopback, for comparing servers in one run.
 *
 *   tcpload echo PORT CONNECTIONS SIZE SECONDS   each connection sends SIZE bytes, waits for them to come back, and so on
 *   tcpload idle PORT CONNECTIONS                opens connections, keeps them idle, reports the server's memory
 *   tcpload churn PORT COUNT                     connects, sends one line, reads its echo, closes, COUNT times in a row
 *
 * With SERVER_PID in the environment it also reports that process's CPU time and memory, its children included
 * (servers that fork a process for each connection). Everything is bounded: a silent server ends it after 30 s. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
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

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* user + system seconds of a process and of its waited-for children, and its parent */
static double cpu_of(int pid, int *parent) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = 0;
    char *after = strrchr(line, ')');
    unsigned long u = 0, s = 0;
    long cu = 0, cs = 0;
    if (!after || sscanf(after + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", parent, &u, &s, &cu, &cs) != 5)
        return 0;
    return (double)(u + s + cu + cs) / sysconf(_SC_CLK_TCK);
}

/* the server and all its descendants that live now; what exited is in its parent's share */
static double server_cpu(void) {
    char *text = getenv("SERVER_PID");
    if (!text) return 0;
    int root = atoi(text), parent = 0, pids[8192], parents[8192], n = 0;
    double cpu[8192], sum = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d)) && n < 8192;) {
        int pid = atoi(e->d_name);
        if (pid <= 0) continue;
        cpu[n] = cpu_of(pid, &parent);
        pids[n] = pid;
        parents[n++] = parent;
    }
    if (d) closedir(d);
    for (int i = 0; i < n; i++) {
        int p = pids[i];
        for (int depth = 0; depth < 8 && p > 1; depth++) {
            if (p == root) {
                sum += cpu[i];
                break;
            }
            int up = 0;
            for (int j = 0; j < n; j++)
                if (pids[j] == p) up = parents[j];
            p = up;
        }
    }
    return sum;
}

static long server_rss_kib(void) {
    char *pid = getenv("SERVER_PID"), path[64], line[256];
    long kib = 0;
    if (!pid) return 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    while (fgets(line, sizeof line, f)) sscanf(line, "VmRSS: %ld", &kib);
    fclose(f);
    return kib;
}

static int dial(int port) {
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (s < 0 || connect(s, (void *)&a, sizeof a)) {
        perror("connect");
        exit(1);
    }
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return s;
}

static int by_value(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

static int echo(int port, int n, int size, double seconds) {
    struct conn { int fd, got; double sent; } *c = calloc(n, sizeof *c);
    char *out = malloc(size), *in = malloc(size);
    size_t cap = 1 << 22, samples = 0;
    double *lat = malloc(cap * sizeof *lat);
    long done = 0, bad = 0;
    memset(out, 'x', size);
    out[size - 1] = '\n';
    int ep = epoll_create1(0);
    for (int i = 0; i < n; i++) {
        c[i].fd = dial(port);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(ep, EPOLL_CTL_ADD, c[i].fd, &e);
    }
    /* one round trip each before the clock starts: a server that forks has forked then */
    for (int i = 0; i < n; i++) {
        if (write(c[i].fd, out, size) != size) return 1;
        for (int got = 0, r; got < size; got += r)
            if ((r = read(c[i].fd, in, size - got)) <= 0) return 1;
    }
    for (int i = 0; i < n; i++) fcntl(c[i].fd, F_SETFL, O_NONBLOCK);
    double warm = now() + seconds / 4, start = 0, cpu = 0, end = warm + seconds, quiet = now() + 30;
    for (int i = 0; i < n; i++) {
        c[i].sent = now();
        if (write(c[i].fd, out, size) != size) return 1;
    }
    struct epoll_event ev[256];
    for (double t = now(); t < end && t < quiet; t = now()) {
        if (!start && t >= warm) {
            start = t;
            cpu = server_cpu();
            done = 0;
            samples = 0;
        }
        int k = epoll_wait(ep, ev, 256, 100);
        for (int i = 0; i < k; i++) {
            struct conn *x = &c[ev[i].data.u32];
            int r = read(x->fd, in, size - x->got);
            if (r <= 0) {
                if (r == 0 || errno != EAGAIN) {
                    fprintf(stderr, "connection lost\n");
                    return 1;
                }
                continue;
            }
            bad += memcmp(in, out + x->got, r) != 0;
            if ((x->got += r) < size) continue;
            double seen = now();
            quiet = seen + 30;
            if (samples < cap) lat[samples++] = seen - x->sent;
            done++;
            x->got = 0;
            x->sent = seen;
            if (write(x->fd, out, size) != size) return 1;
        }
    }
    double took = now() - start;
    cpu = server_cpu() - cpu;
    qsort(lat, samples, sizeof *lat, by_value);
    printf("%.0f requests/s  p50 %.0f us  p99 %.0f us  server cpu %.2f us/request  wrong %ld\n", done / took,
           samples ? lat[samples / 2] * 1e6 : 0, samples ? lat[(size_t)(samples * .99)] * 1e6 : 0,
           done ? cpu * 1e6 / done : 0, bad);
    return bad || !done;
}

static int idle(int port, int n) {
    int *fd = calloc(n, sizeof *fd);
    char in[64];
    double start = now();
    for (int i = 0; i < n; i++) fd[i] = dial(port);
    double opened = now() - start;
    /* every one of them was really accepted and served */
    for (int i = 0; i < n; i++)
        if (write(fd[i], "x\n", 2) != 2 || read(fd[i], in, sizeof in) != 2) {
            fprintf(stderr, "connection %d is not served\n", i);
            return 1;
        }
    double cpu = server_cpu();
    sleep(5);
    cpu = server_cpu() - cpu;
    long rss = server_rss_kib();
    double t = now();
    int one = dial(port);
    if (write(one, "x\n", 2) != 2 || read(one, in, sizeof in) != 2) return 1;
    printf("%d idle connections opened in %.2f s, server rss %.1f MiB, cpu %.3f s in 5 s, a new client answered in %.2f ms\n",
           n, opened, rss / 1024.0, cpu, (now() - t) * 1e3);
    return 0;
}

static int churn(int port, int n) {
    char in[64];
    double start = now(), cpu = server_cpu();
    for (int i = 0; i < n; i++) {
        int s = dial(port);
        if (write(s, "x\n", 2) != 2 || read(s, in, sizeof in) != 2) {
            fprintf(stderr, "connection %d is not served\n", i);
            return 1;
        }
        struct linger hard = {1, 0}; /* every second one ends by a reset; and no port is left in TIME_WAIT */
        if (i & 1) setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(s);
    }
    double took = now() - start;
    printf("%d connections in %.2f s = %.0f/s, server cpu %.1f us each, rss %.1f MiB\n", n, took, n / took,
           (server_cpu() - cpu) * 1e6 / n, server_rss_kib() / 1024.0);
    return 0;
}

int main(int argc, char **v) {
    if (argc == 6 && !strcmp(v[1], "echo")) return echo(atoi(v[2]), atoi(v[3]), atoi(v[4]), atof(v[5]));
    if (argc == 4 && !strcmp(v[1], "idle")) return idle(atoi(v[2]), atoi(v[3]));
    if (argc == 4 && !strcmp(v[1], "churn")) return churn(atoi(v[2]), atoi(v[3]));
    fprintf(stderr, "usage: tcpload echo PORT CONNECTIONS SIZE SECONDS | idle PORT CONNECTIONS | churn PORT COUNT\n");
    return 2;
}
