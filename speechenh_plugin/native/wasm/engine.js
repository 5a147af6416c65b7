// The engine in JavaScript: the C interface of engine/c_api.h on WebAssembly. It runs in pages, workers and audio worklets,
// and compiles on the spot, for a worklet cannot wait: hand it the bytes of the module and of a model.

// The smallest module with an instruction of 128 bits: (func (result v128) (i32.const 0) i8x16.splat i8x16.popcnt).
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Whether this browser can run the engine. */
export function supported() {
  return typeof WebAssembly === "object" && WebAssembly.validate(SIMD);
}

/** What goes wrong in the engine, in a sentence. */
export class EngineError extends Error {}

const ERROR_SIZE = 512;

/** The module with one model in it. */
export class Engine {
  /**
   * @param {BufferSource} module Bytes of engine.wasm.
   * @param {Uint8Array} model Bytes of a model file.
   */
  constructor(module, model) {
    if (!supported())
      throw new EngineError("This browser has no WebAssembly SIMD, which the engine needs; a current one has it.");
    // The C++ library asks for these but gets nothing: there are no files, no arguments and no clock here.
    const refuse = () => 52; // ENOSYS
    const wasi = new Proxy({}, { get: () => refuse });
    this.#guard(() => {
      this.wasm = new WebAssembly.Instance(new WebAssembly.Module(module), { wasi_snapshot_preview1: wasi }).exports;
      this.wasm._initialize();
      this.error = this.allocate(ERROR_SIZE);
      const bytes = this.allocate(model.byteLength);
      new Uint8Array(this.wasm.memory.buffer).set(model, bytes);
      this.network = this.wasm.deepdenoise_open(bytes, model.byteLength, 0, this.error, ERROR_SIZE);
      this.wasm.free(bytes);
      this.check(this.network);
    });
  }

  /**
   * @param {number} rate Sample rate, Hz, 8000 to 192000.
   * @param {number} channels
   * @param {number} block Usual size of a block, in samples.
   */
  stream(rate, channels, block) {
    return this.#guard(() => new Stream(this, rate, channels, block));
  }

  allocate(size) {
    const pointer = this.wasm.malloc(size);
    if (!pointer) throw new EngineError(NO_MEMORY);
    return pointer;
  }

  check(handle) {
    if (handle) return handle;
    const text = new Uint8Array(this.wasm.memory.buffer, this.error, ERROR_SIZE);
    throw new EngineError(`The engine refuses: ${String.fromCharCode(...text.subarray(0, text.indexOf(0)))}.`);
  }

  #guard(action) {
    try {
      return action();
    } catch (error) {
      // It traps where it would throw, and a browser that has no memory left throws a RangeError.
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) throw new EngineError(NO_MEMORY);
      throw error;
    }
  }
}

const NO_MEMORY = "There is not enough memory for the engine, or its model is damaged; close other pages and reload this one.";

/** The effect on blocks as they come; its output lags by `latency` samples. */
class Stream {
  constructor(engine, rate, channels, block) {
    const { wasm } = engine;
    this.wasm = wasm;
    this.channels = channels;
    this.block = block;
    this.handle = engine.check(
      wasm.deepdenoise_stream_open(engine.network, rate, channels, block, engine.error, ERROR_SIZE),
    );
    this.latency = wasm.deepdenoise_stream_latency(this.handle);
    this.samples = engine.allocate(4 * channels * block);
    this.rows = engine.allocate(4 * channels);
    const rows = new Uint32Array(wasm.memory.buffer, this.rows, channels);
    for (let c = 0; c < channels; ++c) rows[c] = this.samples + 4 * c * block;
    this.#see();
  }

  // The memory may have grown since, which detaches all views of it.
  #see() {
    this.views = Array.from(
      { length: this.channels },
      (_, c) => new Float32Array(this.wasm.memory.buffer, this.samples + 4 * c * this.block, this.block),
    );
  }

  /**
   * Denoise `count` samples from `start` on of each channel, into `output` (which may be `input`).
   * @param {Float32Array[]} input
   * @param {Float32Array[]} output
   * @param {{strength: number, reduction_limit_db: number, stereo_link: boolean, listen: string}} controls
   */
  process(input, output, controls, start = 0, count = input[0].length) {
    if (this.views[0].length === 0) this.#see();
    const limit = controls.reduction_limit_db < 100 ? controls.reduction_limit_db : Infinity;
    for (let done = 0; done < count; done += this.block) {
      const size = Math.min(this.block, count - done), from = start + done;
      for (let c = 0; c < this.channels; ++c)
        this.views[c].set(size === input[c].length ? input[c] : input[c].subarray(from, from + size));
      this.wasm.deepdenoise_stream_process(
        this.handle, this.rows, this.rows, size, controls.strength / 100, limit, controls.stereo_link ? 1 : 0,
        controls.listen === "removed" ? 1 : 0,
      );
      for (let c = 0; c < this.channels; ++c)
        output[c].set(size === this.block ? this.views[c] : this.views[c].subarray(0, size), from);
    }
  }

  /** Forget all past input. */
  reset() {
    this.wasm.deepdenoise_stream_reset(this.handle);
  }

  close() {
    this.wasm.deepdenoise_stream_close(this.handle);
    this.wasm.free(this.samples);
    this.wasm.free(this.rows);
  }
}
