/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notifier.c - the caller's bell as a descriptor, for hosts that poll.
 *
 * The descriptor is readable or the bell is armed, at any moment at least one of them. The caller arms the bell, which
 * drains the descriptor, before its last look; a ring comes after the change. So either the caller sees the change, or
 * the ring finds the bell armed and writes.
 *
 * Both can hold briefly: a ring clears `armed` before it writes, and in between the caller may drain, find nothing
 * and arm again. Arming therefore always drains, even if the bell is armed. The cost is at most one wake-up of the
 * host for nothing.
 *
 * A host that watches only sockets, or reads what it watches, gets a socket. Writing to a socket, unlike to a pipe,
 * need not raise SIGPIPE.
 */
#include "queue.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

void ps_doorbell_init(struct ps_doorbell *door)
{
	ps_bell_init(&door->bell);
	atomic_init(&door->fd, -1);
	atomic_init(&door->armed, false);
	atomic_init(&door->writers, 0);
	door->read_fd = -1;
	door->is_socket = false;
}

static void close_descriptors(const struct ps_doorbell *door)
{
	int fd = atomic_load_explicit(&door->fd, memory_order_relaxed);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 && door->read_fd != fd)
		close(door->read_fd);
}

void ps_doorbell_destroy(struct ps_doorbell *door)
{
	close_descriptors(door);
}

static void make_readable(struct ps_doorbell *door)
{
	/* acquire, pairs with ps_doorbell_fd: is_socket is set before fd */
	int fd = atomic_load_explicit(&door->fd, memory_order_acquire), error = errno;
	uint64_t one = 1;

	if (door->is_socket)
		(void)!send(fd, &one, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	else
		(void)!write(fd, &one, sizeof(one));
	errno = error;
}

/* seq_cst: with the store in arm, either side sees the other's change */
void ps_doorbell_disarm(struct ps_doorbell *door)
{
	if (!atomic_load_explicit(&door->armed, memory_order_seq_cst))
		return;
	/* seq_cst: before the exchange, as ps_doorbell_close() looks at it after its own */
	atomic_fetch_add_explicit(&door->writers, 1, memory_order_seq_cst);
	if (atomic_exchange_explicit(&door->armed, false, memory_order_seq_cst))
		make_readable(door);
	atomic_fetch_sub_explicit(&door->writers, 1, memory_order_seq_cst);
}

void ps_doorbell_close(struct ps_doorbell *door)
{
	atomic_store_explicit(&door->armed, false, memory_order_seq_cst);
	while (atomic_load_explicit(&door->writers, memory_order_seq_cst) > 0)
		sched_yield(); /* for one write, which does not wait */
	close_descriptors(door);
	atomic_store_explicit(&door->fd, -1, memory_order_relaxed);
	door->read_fd = -1;
}

void ps_doorbell_ring(struct ps_doorbell *door)
{
	ps_bell_ring(&door->bell);
	ps_doorbell_disarm(door);
}

void ps_doorbell_hand_over(struct ps_doorbell *door)
{
	ps_bell_hand_over(&door->bell);
	ps_doorbell_disarm(door);
}

void ps_doorbell_arm(struct ps_doorbell *door)
{
	char drained[64];

	if (door->read_fd < 0)
		return;
	if (door->is_socket)
		while (recv(door->read_fd, drained, sizeof(drained), MSG_DONTWAIT) > 0)
			;
	else
		(void)!read(door->read_fd, drained, sizeof(drained));
	atomic_store_explicit(&door->armed, true, memory_order_seq_cst);
}

int ps_doorbell_fd(struct ps_doorbell *door, bool as_socket)
{
	int pair[2];

	if (door->read_fd >= 0)
		return door->read_fd;
	if (as_socket) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
			return -errno;
	} else {
		pair[0] = pair[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (pair[0] < 0)
			return -errno;
	}
	door->is_socket = as_socket;
	door->read_fd = pair[0];
	/* release, pairs with make_readable */
	atomic_store_explicit(&door->fd, pair[1], memory_order_release);
	make_readable(door);
	return door->read_fd;
}
