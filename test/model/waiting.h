/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waiting.h - a bell for the other models: a bit that says whether it was rung since its owner listened.
 *
 * That is all that a wait depends on, as each bell has one owner; bell.pml shows that the real one does this.
 */
#define LISTEN(rung) rung = false
#define RING(rung)   rung = true
#define WAIT(rung)   rung /* blocks until it is true */
