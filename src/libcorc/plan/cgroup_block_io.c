/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.blockIO → files of the blkio controller of v1, or of the io controller of v2.
 * Layer: plan; the parent process only; pure.
 *
 * Weights belong to a scheduler: where it is BFQ it has files of its own, which are there or not
 * with the kernel's configuration.
 */
#include <inttypes.h>

#include "plan/cgroup_builder.h"

#define V1 "blkio"
#define V2 "io"
#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000
#define IO_WEIGHT_MIN 1
#define IO_WEIGHT_MAX 10000

/* One list of rates: the file of v1, the word in io.max. */
struct throttle {
	const char *key;
	const char *file;
	const char *word;
	const struct corc_spec_throttle_devices *devices;
};

static uint32_t value_of(const uint32_t *value)
{
	return value ? *value : 0;
}

/* 10 … 1000 → 1 … 10000 */
static uint32_t io_weight(uint32_t weight)
{
	return IO_WEIGHT_MIN +
	       (weight - WEIGHT_MIN) * (IO_WEIGHT_MAX - IO_WEIGHT_MIN) / (WEIGHT_MAX - WEIGHT_MIN);
}

static int add_u32(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *file, uint32_t number)
{
	return corc_cgroup_add(
		builder, value, V1, file, corc_arena_printf(builder->arena, "%" PRIu32, number));
}

static const char *device_line(
	struct corc_arena *arena, uint32_t major, uint32_t minor, uint64_t number)
{
	return corc_arena_printf(arena, "%" PRIu32 ":%" PRIu32 " %" PRIu64, major, minor, number);
}

static int warn_leaf_weight(struct corc_cgroup_builder *builder, uint32_t node)
{
	return corc_cgroup_warn(builder, (struct corc_cgroup_value){node, "leafWeight"},
		"cgroup v2 has no leaf weights, the value is ignored");
}

static int add_device_v2(
	struct corc_cgroup_builder *builder, const struct corc_spec_weight_device *device)
{
	struct corc_cgroup_value value = {device->node, "weight"};
	uint32_t weight = value_of(device->weight);
	int r = 0;

	if (weight != 0)
		r = corc_cgroup_add(builder, value, V2, "io.bfq.weight",
			device_line(builder->arena, device->major, device->minor, weight));
	if (r == 0 && weight != 0)
		r = corc_cgroup_set_fallback(builder, "io.weight",
			device_line(
				builder->arena, device->major, device->minor, io_weight(weight)));
	if (r == 0 && value_of(device->leaf_weight) != 0)
		r = warn_leaf_weight(builder, device->node);
	return r;
}

static int add_weights_v2(
	struct corc_cgroup_builder *builder, const struct corc_spec_block_io *block_io)
{
	struct corc_cgroup_value value = {block_io->node, "weight"};
	uint32_t weight = value_of(block_io->weight);
	int r = 0;

	if (weight != 0)
		r = corc_cgroup_add_number(builder, value, V2, "io.bfq.weight", weight);
	if (r == 0 && weight != 0)
		r = corc_cgroup_set_fallback(builder, "io.weight",
			corc_arena_printf(builder->arena, "%" PRIu32, io_weight(weight)));
	if (r == 0 && value_of(block_io->leaf_weight) != 0)
		r = warn_leaf_weight(builder, block_io->node);
	for (size_t i = 0; r == 0 && i < block_io->weight_devices.count; i++)
		r = add_device_v2(builder, &block_io->weight_devices.items[i]);
	return r;
}

static int add_device_v1(
	struct corc_cgroup_builder *builder, const struct corc_spec_weight_device *device)
{
	struct corc_cgroup_value value = {device->node, "weight"};
	struct corc_cgroup_value leaf_value = {device->node, "leafWeight"};
	uint32_t weight = value_of(device->weight);
	uint32_t leaf_weight = value_of(device->leaf_weight);
	const char *line = device_line(builder->arena, device->major, device->minor, weight);
	int r = 0;

	if (weight != 0)
		r = corc_cgroup_add(builder, value, V1, "blkio.weight_device", line);
	if (r == 0 && weight != 0)
		r = corc_cgroup_set_fallback(builder, "blkio.bfq.weight_device", line);
	if (r == 0 && leaf_weight != 0)
		r = corc_cgroup_add(builder, leaf_value, V1, "blkio.leaf_weight_device",
			device_line(builder->arena, device->major, device->minor, leaf_weight));
	return r;
}

static int add_weights_v1(
	struct corc_cgroup_builder *builder, const struct corc_spec_block_io *block_io)
{
	struct corc_cgroup_value value = {block_io->node, "weight"};
	struct corc_cgroup_value leaf_value = {block_io->node, "leafWeight"};
	uint32_t weight = value_of(block_io->weight);
	int r = 0;

	if (weight != 0)
		r = add_u32(builder, value, "blkio.weight", weight);
	if (r == 0 && weight != 0)
		r = corc_cgroup_set_fallback(builder, "blkio.bfq.weight",
			corc_arena_printf(builder->arena, "%" PRIu32, weight));
	if (r == 0 && value_of(block_io->leaf_weight) != 0)
		r = add_u32(
			builder, leaf_value, "blkio.leaf_weight", value_of(block_io->leaf_weight));
	for (size_t i = 0; r == 0 && i < block_io->weight_devices.count; i++)
		r = add_device_v1(builder, &block_io->weight_devices.items[i]);
	return r;
}

/* A rate of 0 takes a limit away; io.max has a word for that. */
static int add_throttle(
	struct corc_cgroup_builder *builder, const struct throttle *throttle, int version)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < throttle->devices->count; i++) {
		const struct corc_spec_throttle_device *device = &throttle->devices->items[i];
		struct corc_cgroup_value value = {device->node, "rate"};

		if (version == 1)
			r = corc_cgroup_add(builder, value, V1, throttle->file,
				device_line(builder->arena, device->major, device->minor,
					device->rate));
		else if (device->rate == 0)
			r = corc_cgroup_add(builder, value, V2, "io.max",
				corc_arena_printf(builder->arena, "%" PRIu32 ":%" PRIu32 " %s=max",
					device->major, device->minor, throttle->word));
		else
			r = corc_cgroup_add(builder, value, V2, "io.max",
				corc_arena_printf(builder->arena,
					"%" PRIu32 ":%" PRIu32 " %s=%" PRIu64, device->major,
					device->minor, throttle->word, device->rate));
	}
	return r;
}

int corc_cgroup_build_block_io(
	struct corc_cgroup_builder *builder, const struct corc_spec_block_io *block_io)
{
	const struct throttle throttles[] = {
		{"throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps",
			&block_io->read_bps},
		{"throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps",
			&block_io->write_bps},
		{"throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops",
			&block_io->read_iops},
		{"throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops",
			&block_io->write_iops},
	};
	const char *key = value_of(block_io->weight) != 0        ? "weight"
			  : value_of(block_io->leaf_weight) != 0 ? "leafWeight"
			  : block_io->weight_devices.count > 0   ? "weightDevice"
								 : NULL;
	int version, r;

	for (size_t i = 0; !key && i < sizeof(throttles) / sizeof(throttles[0]); i++)
		if (throttles[i].devices->count > 0)
			key = throttles[i].key;
	if (!key)
		return 0;
	version = corc_cgroup_version_of(
		builder, (struct corc_cgroup_value){block_io->node, key}, V1);
	if (version < 0)
		return version;
	r = version == 2 ? add_weights_v2(builder, block_io) : add_weights_v1(builder, block_io);
	for (size_t i = 0; r == 0 && i < sizeof(throttles) / sizeof(throttles[0]); i++)
		r = add_throttle(builder, &throttles[i], version);
	return r;
}
