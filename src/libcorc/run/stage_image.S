/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of the stage program, for run/ to put into a sealed memfd.
 *
 * Layer run; no process executes this, it is read-only data. The path is relative to the top of the
 * build tree, which is where make runs the assembler.
 */
	.section .rodata
	.balign 16

	.globl corc_stage_image_start
	.hidden corc_stage_image_start
	.type corc_stage_image_start, %object
corc_stage_image_start:
	.incbin "src/libcorc/stage/corc-stage"

	.globl corc_stage_image_end
	.hidden corc_stage_image_end
	.type corc_stage_image_end, %object
corc_stage_image_end:
	.byte 0

	.section .note.GNU-stack, "", %progbits
