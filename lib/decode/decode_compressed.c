/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode_compressed.c - the stage that decompresses, by means of decompress.h.
 *
 * Running out of memory is an error of the file, not of the search: a format may ask for far more memory than anything
 * else here, and other files can be searched without it.
 */
#include "decompress.h"
#include "pipeline.h"

struct compressed {
	struct ps_stage stage; /* first */
	struct ps_decompressor *decompressor;
};

static int begin_compressed(struct ps_stage *stage)
{
	struct compressed *c = (struct compressed *)stage;

	ps_decompressor_start(c->decompressor);
	return 0;
}

static enum ps_decoded step_compressed(struct ps_stage *stage, struct ps_pass *pass)
{
	struct compressed *c = (struct compressed *)stage;
	struct ps_flow flow = { pass->in, pass->in_end, pass->out, pass->out_end };
	int rc = ps_decompress(c->decompressor, &flow, pass->last);

	pass->in = flow.in;
	pass->out = flow.out;
	switch (rc) {
	case PS_DECOMPRESS_MORE:
		return PS_DECODED_MORE;
	case PS_DECOMPRESS_END:
		return PS_DECODED_END;
	case PS_DECOMPRESS_BAD:
		stage->problem = ps_decompressor_problem(c->decompressor, &stage->reason);
		return PS_DECODED_BAD;
	default:
		stage->problem = "there is not enough memory to decompress it";
		stage->reason = SEARCH_REASON_MEMORY;
		return PS_DECODED_BAD;
	}
}

/* Frees what was allocated for the file, which may be large. */
static void leave_compressed(struct ps_stage *stage)
{
	ps_decompressor_start(((struct compressed *)stage)->decompressor);
}

static void free_compressed(struct ps_stage *stage)
{
	ps_decompressor_free(((struct compressed *)stage)->decompressor);
	free(stage);
}

struct ps_stage *ps_decompress_new(void)
{
	struct compressed *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->decompressor = ps_decompressor_new();
	if (c->decompressor == NULL) {
		free(c);
		return NULL;
	}
	c->stage = (struct ps_stage){
		.begin = begin_compressed,
		.step = step_compressed,
		.leave = leave_compressed,
		.free = free_compressed,
	};
	return &c->stage;
}
