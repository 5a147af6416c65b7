// The effect on sound as it comes: the microphone, or a recording that is played in a loop.

import { engine } from "./assets.js";
import { GONE, audioContext, microphone, start, whenGone } from "./media.js";

/**
 * An audio node with the engine in it.
 * @param {BaseAudioContext} context
 * @param {number} channels
 * @param {object} controls By name, and `model`.
 * @returns {Promise<AudioWorkletNode>}
 */
export async function denoiserNode(context, channels, controls) {
  const [bytes] = await Promise.all([engine(controls.model), context.audioWorklet.addModule("processor.js")]);
  return new AudioWorkletNode(context, "deepdenoise", {
    numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [channels], channelCount: channels,
    channelCountMode: "explicit", processorOptions: { ...bytes, channels, controls },
  });
}

export class Live {
  #context;
  #node;
  #stream;

  get running() {
    return this.#context !== undefined;
  }

  /**
   * @param {AudioBuffer | null} audio What to play, or null for the microphone.
   * @param {object} controls
   * @param {(report: object) => void} onReport
   * @param {(message: string) => void} onError
   */
  async start(audio, controls, onReport, onError) {
    const context = (this.#context = audioContext({ latencyHint: "interactive" }));
    this.model = controls.model;
    let stream;
    const superseded = () => { // by a stop, or another start, while this one waited
      if (this.#context === context) return false;
      for (const track of stream?.getTracks() ?? []) track.stop();
      return true;
    };
    try {
      if (!audio) stream = await microphone();
      if (superseded()) return;
      this.#stream = stream;
      if (stream)
        whenGone(stream, () => {
          if (superseded()) return;
          this.stop();
          onError(GONE);
        });
      const channels = audio ? Math.min(2, audio.numberOfChannels) : 1;
      const node = await denoiserNode(context, channels, controls);
      if (superseded()) return;
      this.#node = node;
      await start(context);
      if (superseded()) return;
      const source = audio
        ? new AudioBufferSourceNode(context, { buffer: audio, loop: true })
        : context.createMediaStreamSource(this.#stream);
      let latency = 0;
      this.#node.onprocessorerror = () => {
        this.stop();
        onError("The engine stopped in the audio thread, for want of memory or by a fault; start again.");
      };
      this.#node.port.onmessage = ({ data }) => {
        if (data.latency !== undefined) latency = data.latency / context.sampleRate;
        else
          onReport({
            ...data,
            rate: context.sampleRate,
            engine: latency,
            device: context.baseLatency + (context.outputLatency || 0),
            underruns: context.playbackStats?.underrunEvents,
          });
      };
      source.connect(this.#node).connect(context.destination);
      source.start?.();
    } catch (error) {
      if (superseded()) return;
      this.stop();
      throw error;
    }
  }

  setControls(controls) {
    this.#node?.port.postMessage(controls);
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#node?.port.postMessage("stop");
    this.#context?.close();
    this.#context = this.#node = this.#stream = undefined;
  }
}
