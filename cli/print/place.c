/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.c - where the last line came from.
 */
#include "place.h"

#include <stdlib.h>
#include <string.h>

bool place_is_same_file(const struct place *place, const struct search_item *item)
{
	return place->valid && place->source == item->source && place->path_length == item->path_length &&
	       memcmp(place->path, item->path, item->path_length) == 0;
}

bool place_set_file(struct place *place, const struct search_item *item)
{
	place->valid = false;
	if (place->capacity < item->path_length + 1) {
		char *path = realloc(place->path, item->path_length + 1);

		if (!path)
			return false;
		place->path = path;
		place->capacity = item->path_length + 1;
	}
	memcpy(place->path, item->path, item->path_length + 1);
	place->path_length = item->path_length;
	place->source = item->source;
	place->valid = true;
	return true;
}

void place_free(struct place *place)
{
	free(place->path);
	place->path = NULL;
}
