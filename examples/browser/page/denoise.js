// Denoises a decoded recording in a worker, in pieces: beside the recording and the result nothing grows with the length.

import { engine } from "./assets.js";

const PIECE = 8 * 8192; // samples
const AHEAD = 2; // pieces that the worker may hold

let worker, loaded, runs = 0, cancel;

/**
 * @param {AudioBuffer} audio
 * @param {object} controls By name, and `model`.
 * @param {number} columns Of the pictures.
 * @param {(progress: {share: number, before: object, after: object}) => void} onPiece
 * @returns {Promise<{audio: AudioBuffer, loudness: number[]} | null>} Null if a later call came between.
 */
export async function denoise(audio, controls, columns, onPiece) {
  const run = ++runs;
  cancel?.();
  const bytes = await engine(controls.model);
  if (run !== runs) return null;
  const { sampleRate: rate, numberOfChannels: channels, length } = audio;
  const result = new AudioBuffer({ length, numberOfChannels: channels, sampleRate: rate });
  worker ??= new Worker("worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    cancel = () => resolve(null);
    let sent = 0;
    const send = () => {
      if (sent >= length) return;
      const count = Math.min(PIECE, length - sent), rows = [];
      for (let c = 0; c < channels; ++c) {
        rows.push(new Float32Array(count));
        audio.copyFromChannel(rows[c], c, sent);
      }
      sent += count;
      worker.postMessage({ type: "piece", run, channels: rows }, rows.map((row) => row.buffer));
    };
    const fail = (message) => {
      loaded = undefined;
      reject(new Error(message));
    };
    worker.onerror = () => {
      worker.terminate();
      worker = undefined;
      fail("The page's worker does not run in this browser; a current one can run it.");
    };
    worker.onmessage = ({ data }) => {
      if (data.error) loaded = undefined;
      if (data.run !== run) return;
      if (data.error) return fail(data.error);
      data.channels.forEach((row, c) => result.copyToChannel(row, c, data.start));
      send();
      onPiece({ share: (data.start + data.channels[0].length) / length, before: data.before, after: data.after });
      if (data.done) resolve({ audio: result, loudness: data.loudness });
    };
    // The worker keeps the model that it has.
    const fresh = loaded === controls.model ? {} : bytes;
    loaded = controls.model;
    worker.postMessage({ type: "open", run, rate, channels, length, columns, controls, ...fresh });
    for (let i = 0; i < AHEAD; ++i) send();
  });
}
