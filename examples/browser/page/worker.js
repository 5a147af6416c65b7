// Denoises a recording piece by piece, and measures and draws it on the way.

import { Engine, EngineError } from "./engine.js";
import { Loudness } from "./loudness.js";
import { Picture } from "./picture.js";

const BLOCK = 8192; // samples computed at once, as many as in Python, so that both round alike

let engine, refused, job;

// Takes up a recording; what remains of an earlier one is dropped.
function open({ run, module, model, rate, channels, length, columns, controls }) {
  job?.stream.close();
  job = undefined;
  if (module) load(module, model);
  if (!engine) throw new EngineError(refused);
  const stream = engine.stream(rate, channels, BLOCK);
  job = {
    run, length, controls, stream,
    early: stream.latency, // samples of the output that lie before the recording
    given: 0,
    got: 0,
    loudness: [new Loudness(rate, channels), new Loudness(rate, channels)],
    pictures: [new Picture(length, columns, rate), new Picture(length, columns, rate)],
  };
}

// What a model is refused for holds for each recording that comes before another model.
function load(module, model) {
  engine = undefined;
  try {
    engine = new Engine(module, model);
  } catch (error) {
    refused = error.message;
    throw error;
  }
}

function piece({ channels }) {
  const { stream, controls, loudness, pictures, length } = job;
  const before = pictures[0].add(channels, job.given);
  loudness[0].add(channels);
  job.given += channels[0].length;
  stream.process(channels, channels, controls);
  let out = drop(channels);
  if (job.given === length) {
    // What is held back comes out when silence goes in.
    const rest = channels.map(() => new Float32Array(stream.latency));
    stream.process(rest, rest, controls);
    const tail = drop(rest);
    out = out.map((row, c) => join(row, tail[c]));
  }
  const start = job.got;
  job.got += out[0].length;
  const after = pictures[1].add(out, start);
  loudness[1].add(out);
  const done = job.got === length;
  postMessage(
    {
      run: job.run, start, channels: out, before, after, done,
      loudness: done ? loudness.map((one) => one.value()) : undefined,
    },
    out.map((row) => row.buffer),
  );
}

function drop(rows) {
  const early = Math.min(job.early, rows[0].length);
  job.early -= early;
  return early ? rows.map((row) => row.slice(early)) : rows;
}

function join(first, second) {
  const out = new Float32Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}

onmessage = ({ data }) => {
  try {
    if (data.type === "open") open(data);
    else if (job?.run === data.run) piece(data);
  } catch (error) {
    job = undefined;
    if (!(error instanceof EngineError)) console.error(error);
    postMessage({
      run: data.run,
      error: error instanceof EngineError ? error.message : `The page has a fault: ${error.message}.`,
    });
  }
};
