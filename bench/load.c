/*
 * The load: many readers in one process and one thread, so lean that the server is what is measured. Reads SSE over HTTP/1.1,
 * and socket.io's WebSocket. Each note carries its number and when it was published by CLOCK_MONOTONIC; a reader checks that
 * the numbers come in order, without a gap or a repeat, when a whole event has come.
 *
 * Commands are lines of words on stdin, answers lines of JSON on stdout, one for each command:
 *   subscribe sse|ws PORT COUNT PATH   opens COUNT readers more; answers when all are connected
 *   collect EXPECTED QUIET_MS TOTAL_MS waits until each reader has EXPECTED notes, nothing came for QUIET_MS, or TOTAL_MS passed
 *   replay sse|ws PORT EXPECTED PATH   one reader: the ms from its connecting to note EXPECTED; 0: until it is told that it is live
 *   close                              closes all readers
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 64, FINE = 1000000, COARSE = 60000, READ_SIZE = 1 << 18 };
enum chunk_state { SIZE, DATA, DATA_END };

struct reader {
	int fd;
	bool websocket, chunked, in_body, over, ready, closed, live;
	enum chunk_state chunk;
	size_t chunk_left, length, capacity, searched;
	char *bytes; /* of the answer's head, then of the event or frame that is not whole yet */
	uint64_t notes, disorder;
};

enum goal_kind { NOTHING, SUBSCRIBE, COLLECT, REPLAY };
static struct {
	enum goal_kind kind;
	bool websocket;
	int port, opened, wanted;
	uint64_t expected, began, quiet, total, complete;
	struct reader *reader;
	char path[8192];
} goal;

static struct reader **readers;
static size_t reader_count, ready_count, closed_count;
static uint64_t last_note, fine[FINE], coarse[COARSE];
static int poller;
static char incoming[READ_SIZE];

static uint64_t microseconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void fail(const char *what) {
	printf("{\"error\":\"%s\"}\n", what);
	fflush(stdout);
	goal.kind = NOTHING;
}

/* Latencies: each microsecond up to a second, then each millisecond up to a minute. */
static void record(uint64_t us) {
	if (us < FINE) fine[us]++;
	else coarse[us / 1000 < COARSE ? us / 1000 : COARSE - 1]++;
}

/* The latency in ms below which that share of the `all` recorded ones lies. */
static double quantile(uint64_t all, double share) {
	uint64_t left = (uint64_t)(share * (double)all), i;
	for (i = 0; i < FINE; i++) {
		if (left < fine[i]) return (double)i / 1000;
		left -= fine[i];
	}
	for (i = 0; i < COARSE; i++) {
		if (left < coarse[i]) return (double)i;
		left -= coarse[i];
	}
	return 0;
}

static void leave(struct reader *r) {
	if (r->closed) return;
	r->closed = true;
	closed_count++;
	close(r->fd);
}

static void say(struct reader *r, const char *text, size_t length) {
	if (send(r->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length) leave(r);
}

static struct reader *connect_reader(void) {
	struct reader *r = calloc(1, sizeof *r);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)goal.port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = r};
	char request[9000];
	int on = 1;
	r->websocket = goal.websocket;
	r->fd = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	/* On loopback it is made at once, as long as the server's queue has room: so few are opened at a time. */
	if (r->fd < 0 || connect(r->fd, (struct sockaddr *)&to, sizeof to) != 0) {
		r->closed = true;
		closed_count++;
		return r;
	}
	fcntl(r->fd, F_SETFL, O_NONBLOCK);
	setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	epoll_ctl(poller, EPOLL_CTL_ADD, r->fd, &event);
	const char *more = r->websocket ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
									  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
									: "Accept: text/event-stream\r\n";
	int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", goal.path,
						  goal.port, more);
	say(r, request, (size_t)length);
	return r;
}

static void ready(struct reader *r) {
	if (r->ready) return;
	r->ready = true;
	ready_count++;
}

static uint64_t number(const char **at, const char *end) {
	uint64_t value = 0;
	while (*at < end && **at >= '0' && **at <= '9') value = value * 10 + (uint64_t)(*(*at)++ - '0');
	return value;
}

/* The notes in whole events. */
static void read_notes(struct reader *r, const char *at, const char *end, uint64_t now) {
	static const char key[] = "\"n\":", stamp[] = ",\"sentAt\":";
	if (goal.kind == REPLAY && memmem(at, (size_t)(end - at), "\"kind\":\"live\"", 13)) r->live = true;
	while ((at = memmem(at, (size_t)(end - at), key, sizeof key - 1))) {
		at += sizeof key - 1;
		uint64_t n = number(&at, end);
		if ((size_t)(end - at) < sizeof stamp || memcmp(at, stamp, sizeof stamp - 1) != 0) continue;
		at += sizeof stamp - 1;
		uint64_t sent = number(&at, end);
		if (n != r->notes + 1) r->disorder++;
		r->notes = n;
		if (goal.kind == COLLECT && n == goal.expected) goal.complete++;
		record(now > sent ? now - sent : 0);
		last_note = now;
	}
}

static void append(struct reader *r, const char *bytes, size_t length) {
	if (r->length + length > r->capacity) {
		r->capacity = 2 * (r->length + length);
		r->bytes = realloc(r->bytes, r->capacity);
		if (!r->bytes) abort();
	}
	memcpy(r->bytes + r->length, bytes, length);
	r->length += length;
}

static void drop(struct reader *r, size_t length) {
	r->length -= length;
	memmove(r->bytes, r->bytes + length, r->length);
	/* An idle reader keeps no buffer, so that many of them cost the machine little. */
	if (r->length == 0 && r->capacity > 65536) {
		free(r->bytes);
		r->bytes = NULL;
		r->capacity = 0;
	}
}

/* An SSE event is whole at its empty line. */
static void read_events(struct reader *r, uint64_t now) {
	size_t end = r->length;
	while (end > r->searched && end >= 2 && !(r->bytes[end - 1] == '\n' && r->bytes[end - 2] == '\n')) end--;
	if (end <= r->searched || end < 2) {
		r->searched = r->length;
		return;
	}
	read_notes(r, r->bytes, r->bytes + end, now);
	drop(r, end);
	r->searched = r->length;
}

/* Takes the chunks' sizes out of the body. False for a body that is not in chunks as it says. */
static bool read_chunks(struct reader *r, const char *at, const char *end) {
	while (at < end && !r->over) {
		if (r->chunk == SIZE && *at == '\n') {
			/* The last chunk has nothing in it. */
			if (r->chunk_left == 0) r->over = true;
			r->chunk = DATA;
			at++;
		} else if (r->chunk == SIZE && *at == '\r') {
			at++;
		} else if (r->chunk == SIZE) {
			const char *digits = "0123456789abcdef", *digit = strchr(digits, *at | 0x20);
			if (!digit || !*at) return false;
			r->chunk_left = r->chunk_left * 16 + (size_t)(digit - digits);
			at++;
		} else if (r->chunk == DATA) {
			size_t here = (size_t)(end - at) < r->chunk_left ? (size_t)(end - at) : r->chunk_left;
			append(r, at, here);
			at += here;
			r->chunk_left -= here;
			if (r->chunk_left == 0) r->chunk = DATA_END;
		} else if (*at++ == '\n') {
			r->chunk = SIZE;
		}
	}
	return true;
}

/* Engine.IO: 0 open, 2 ping, 40 connected, 42 an event. What a client sends is masked, here with zeros. */
static void read_message(struct reader *r, const char *text, size_t length, uint64_t now) {
	if (length == 0) return;
	if (text[0] == '0') say(r, "\x81\x82\0\0\0\0" "40", 8);
	else if (text[0] == '2') say(r, "\x81\x81\0\0\0\0" "3", 7);
	else if (length > 1 && text[0] == '4' && text[1] == '0') ready(r);
	else if (length > 1 && text[0] == '4' && text[1] == '2') read_notes(r, text, text + length, now);
}

static void read_websocket(struct reader *r, uint64_t now) {
	size_t done = 0;
	while (r->length - done >= 2) {
		const unsigned char *at = (unsigned char *)r->bytes + done;
		size_t size = at[1] & 0x7f, head = size == 127 ? 10 : size == 126 ? 4 : 2;
		if (r->length - done < head) break;
		if (head > 2) size = 0;
		for (size_t i = 2; i < head; i++) size = size << 8 | at[i];
		if (r->length - done < head + size) break;
		if ((at[0] & 15) == 8) return leave(r);
		if ((at[0] & 15) == 1) read_message(r, (const char *)at + head, size, now);
		done += head + size;
	}
	if (done > 0) drop(r, done);
}

static void read_body(struct reader *r, const char *bytes, size_t length, uint64_t now) {
	if (r->chunked) {
		if (!read_chunks(r, bytes, bytes + length)) return leave(r);
	} else append(r, bytes, length);
	if (r->websocket) read_websocket(r, now);
	else read_events(r, now);
	if (r->over) leave(r);
}

static void read_head(struct reader *r, const char *bytes, size_t length, uint64_t now) {
	append(r, bytes, length);
	char *end = memmem(r->bytes, r->length, "\r\n\r\n", 4);
	if (!end) return;
	if (r->length < 12 || memcmp(r->bytes + 9, r->websocket ? "101" : "200", 3) != 0) return leave(r);
	*end = 0;
	r->chunked = strcasestr(r->bytes, "transfer-encoding: chunked") != NULL;
	r->in_body = true;
	char *head = r->bytes;
	size_t rest = r->length - (size_t)(end + 4 - head);
	r->bytes = NULL;
	r->length = r->capacity = 0;
	if (!r->websocket) ready(r);
	if (rest > 0) read_body(r, end + 4, rest, now);
	free(head);
}

static void read_some(struct reader *r) {
	ssize_t got = r->closed ? 0 : recv(r->fd, incoming, sizeof incoming, 0);
	uint64_t now = microseconds();
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (got <= 0) leave(r);
	else if (r->in_body) read_body(r, incoming, (size_t)got, now);
	else read_head(r, incoming, (size_t)got, now);
}

static void answer_collected(void) {
	uint64_t all = 0, disorder = 0, i;
	double p50, p99, most;
	for (i = 0; i < FINE; i++) all += fine[i];
	for (i = 0; i < COARSE; i++) all += coarse[i];
	for (i = 0; i < reader_count; i++) disorder += readers[i]->disorder;
	p50 = quantile(all, 0.5), p99 = quantile(all, 0.99), most = all ? quantile(all, (double)(all - 1) / (double)all) : 0;
	printf("{\"notes\":%lu,\"complete\":%lu,\"readers\":%zu,\"closed\":%zu,\"disorder\":%lu,\"p50\":%.3f,\"p99\":%.3f,"
		   "\"max\":%.3f,\"ms\":%.3f,\"lastAt\":%lu}\n",
		   all, goal.complete, reader_count, closed_count, disorder, p50, p99, most,
		   (double)(last_note - goal.began) / 1000, last_note);
	memset(fine, 0, sizeof fine);
	memset(coarse, 0, sizeof coarse);
}

static void close_all(void) {
	for (size_t i = 0; i < reader_count; i++) {
		leave(readers[i]);
		free(readers[i]->bytes);
		free(readers[i]);
	}
	reader_count = ready_count = closed_count = 0;
	memset(fine, 0, sizeof fine);
	memset(coarse, 0, sizeof coarse);
}

static void open_more(void) {
	readers = realloc(readers, (reader_count + (size_t)(goal.wanted - goal.opened)) * sizeof *readers + 1);
	if (!readers) abort();
	while (goal.opened < goal.wanted && reader_count - ready_count < AT_ONCE && closed_count == 0) {
		readers[reader_count++] = connect_reader();
		goal.opened++;
	}
}

static void check_lone(uint64_t now) {
	struct reader *r = goal.reader;
	bool done = goal.expected > 0 ? r->notes >= goal.expected : r->live;
	if (!done && !r->closed && now - goal.began < goal.total) return;
	if (done) printf("{\"ms\":%.3f,\"disorder\":%lu}\n", (double)(now - goal.began) / 1000, r->disorder);
	else fail(r->closed ? "the stream was closed before all had come" : "not all came in time");
	leave(r);
	closed_count--;
	if (r->ready) ready_count--;
	free(r->bytes);
	free(r);
	memset(fine, 0, sizeof fine);
	memset(coarse, 0, sizeof coarse);
	goal.kind = NOTHING;
}

static void check_goal(void) {
	uint64_t now = microseconds();
	if (goal.kind == SUBSCRIBE) {
		open_more();
		if (closed_count > 0) return fail("a reader was refused");
		if (now - goal.began > goal.total) return fail("not all readers were connected in time");
		if (goal.opened < goal.wanted || ready_count < reader_count) return;
		printf("{\"readers\":%zu}\n", reader_count);
		goal.kind = NOTHING;
	} else if (goal.kind == COLLECT) {
		uint64_t since = last_note > goal.began ? last_note : goal.began;
		bool over = now - since > goal.quiet || now - goal.began > goal.total || closed_count == reader_count;
		if (goal.complete < reader_count && !over) return;
		answer_collected();
		goal.kind = NOTHING;
	} else if (goal.kind != NOTHING) check_lone(now);
}

static void obey(const char *line) {
	char kind[8] = "";
	goal.opened = 0;
	goal.began = microseconds();
	goal.total = 60000000;
	if (sscanf(line, "subscribe %7s %d %d %8191s", kind, &goal.port, &goal.wanted, goal.path) == 4) {
		goal.kind = SUBSCRIBE;
		goal.websocket = strcmp(kind, "ws") == 0;
	} else if (sscanf(line, "collect %lu %lu %lu", &goal.expected, &goal.quiet, &goal.total) == 3) {
		goal.kind = COLLECT;
		goal.quiet *= 1000;
		goal.total *= 1000;
		goal.complete = 0;
		for (size_t i = 0; i < reader_count; i++) goal.complete += readers[i]->notes >= goal.expected;
	} else if (sscanf(line, "replay %7s %d %lu %8191s", kind, &goal.port, &goal.expected, goal.path) == 4) {
		goal.kind = REPLAY;
		goal.websocket = strcmp(kind, "ws") == 0;
		goal.reader = connect_reader();
	} else if (strncmp(line, "close", 5) == 0) {
		close_all();
		printf("{}\n");
	} else fail("no such command");
}

/* Takes whole lines from stdin; false at its end. */
static bool read_commands(void) {
	static char line[16384];
	static size_t length;
	ssize_t got = read(STDIN_FILENO, line + length, sizeof line - 1 - length);
	if (got <= 0) return false;
	length += (size_t)got;
	line[length] = 0;
	char *end = strchr(line, '\n');
	if (!end) return length < sizeof line - 1;
	obey(line);
	length = 0;
	return true;
}

int main(void) {
	struct epoll_event events[1024], commands = {.events = EPOLLIN, .data.ptr = NULL};
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	poller = epoll_create1(0);
	epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
	for (;;) {
		int count = epoll_wait(poller, events, 1024, goal.kind == NOTHING ? -1 : 20);
		bool asked = false;
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr) read_some(events[i].data.ptr);
			else asked = true;
		}
		if (asked && !read_commands()) return 0;
		check_goal();
		fflush(stdout);
	}
}
