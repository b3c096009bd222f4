/*===- Api.h - A compiled network in another program --------------*- C -*-===*\
|*                                                                            *|
|* Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* What DIR/sim.so exports, for C11 and for foreign function interfaces. No   *|
|* function throws, prints or ends the program. Functions that return `int`   *|
|* give an snn_status; after a failure `snn_error` has the text, in the same  *|
|* thread.                                                                    *|
|*                                                                            *|
|* Every function may be called from several threads at once, but those that  *|
|* take a run only from one thread at a time, `snn_cancel` excepted. No       *|
|* thread is left when all runs are freed.                                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef SNN_RUNTIME_API_H
#define SNN_RUNTIME_API_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A change that old callers do not survive raises the major number; a new
   function, or a member at the end of a struct that begins with its size, the
   minor one. */
#define SNN_ABI_MAJOR 1
#define SNN_ABI_MINOR 0

enum snn_status {
  SNN_OK = 0,
  SNN_INVALID = 1,   /* what the caller gave does not fit */
  SNN_FAILED = 2,    /* the run failed, or memory or a file is missing */
  SNN_CANCELLED = 3, /* snn_cancel ended the run */
  SNN_RUNNING = 4    /* the run goes on */
};

enum snn_mode { SNN_FAST = 0, SNN_EVENT = 1, SNN_STEPPED = 2 };

/* Weights in memory, shared by all runs. */
typedef struct snn_model snn_model;
/* One run over a list of samples. */
typedef struct snn_run snn_run;

/* Contiguous elements of one port, sample after sample. */
typedef struct snn_buffer {
  void *data; /* inputs are only read */
  uint64_t bytes;
} snn_buffer;

typedef struct snn_options {
  uint64_t size;        /* sizeof(snn_options) */
  int32_t mode;         /* an snn_mode */
  uint32_t threads;     /* 0: one a core */
  int64_t first_sample; /* number of the first sample, for random numbers */
  uint64_t seed;        /* of random numbers, if has_seed */
  int32_t has_seed;
  int32_t count;  /* whether to count spikes, for snn_stats */
  int32_t record; /* whether to keep trains, for snn_spikes */
  int32_t reserved;
  const char *const *record_sites; /* of these sites; null: of all */
  uint64_t record_site_count;
  const int64_t *record_samples; /* of these samples, by their numbers */
  uint64_t record_sample_count;
} snn_options;

/* What one site sent while one sample ran. It lasts as long as its run. */
typedef struct snn_train {
  uint64_t size;        /* sizeof(snn_train), set by the caller */
  const char *site;     /* UTF-8 */
  int64_t sample;       /* its number */
  const void *levels;   /* bytes, row-major: unsigned levels, or signed codes */
  const int64_t *shape; /* of the train, batch included */
  int32_t rank;
  int32_t max_level; /* T: a level q fires in slot T - q */
  int32_t mask;      /* the level of a silent neuron */
  int32_t radius;    /* of the dead zone */
  int32_t phases;    /* not 0: codes of phase coding, 0 or +-(1 + phase) */
  int32_t reserved;
} snn_train;

/* SNN_ABI_MAJOR << 16 | SNN_ABI_MINOR of the library. */
uint32_t snn_abi(void);

/* A JSON object: "model", "coding", "snnc" (the version that compiled it),
   "digest", "weights_hash", "inputs" and "outputs": lists of {"name", "dtype"
   ("F32", "I64", ...), "shape" (of one sample; axis 0 is its own batch)};
   outputs have "constant": given once, not for every sample. Null without
   memory. It lasts as long as the library. */
const char *snn_describe(void);

/* The text of this thread's last failure, UTF-8; lasts until its next call. */
const char *snn_error(void);

/* Maps the file of weights, which has to be the one that the library was
   compiled with. */
int snn_open(const char *weights, snn_model **model);
/* Runs that were started keep what they need. */
void snn_close(snn_model *model);

/* Starts to run `samples` samples. `inputs` and `outputs` are in the order of
   snn_describe; arrays are borrowed until snn_free. With null options the
   defaults of sim hold. */
int snn_start(const snn_model *model, const snn_buffer *inputs,
              const snn_buffer *outputs, int64_t samples,
              const snn_options *options, snn_run **run);
/* Waits at most so many milliseconds (negative: as long as it takes); `done`,
   if not null, gets the number of finished samples. SNN_RUNNING, or how the
   run ended. */
int snn_wait(snn_run *run, int32_t milliseconds, int64_t *done);
/* Lets a run end after the samples that were begun. */
void snn_cancel(snn_run *run);
/* Ends a run, if need be, and frees it. Null is allowed. */
void snn_free(snn_run *run);

/* Of a run that ended well: the text that sim writes with --stats; null if it
   did not count. It lasts as long as the run. */
const char *snn_stats(snn_run *run);
/* Of a run that ended well: its train number `index`, site by site in the order
   of the program, then by sample. SNN_INVALID behind the last one. */
int snn_spikes(snn_run *run, uint64_t index, snn_train *train);

#ifdef __cplusplus
}
#endif

#endif /* SNN_RUNTIME_API_H */
