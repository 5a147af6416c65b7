"""``KERAS_BACKEND=NAME python backend_step.py CASE IN.npz OUT.npz``: outputs and gradients of a case on one backend.

IN.npz holds what goes in and the weights, by "NODE/WEIGHT"; OUT.npz gets what comes out, and the slopes of a loss by
each trainable weight.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import keras
from keras import ops

from training.network import Graph
from training.network.features import front_end
from training.network.front_end import fullband, narrowband
from training.network.keras_build import build

RATE = 16000


def every_layer() -> Graph:
    """A network with every type of layer in it."""
    graph = Graph("every_layer", narrowband())
    x = graph.input("input", 129, 1)
    x = graph.conv(x, 8, (3, 5), stride=2, activation="prelu", use_bias=False, name="strided")
    x = graph.activation(graph.batch_norm(x), "silu")
    x = graph.add_up(x, graph.conv(x, 8, (2, 3), dilation=2, groups=8, name="depthwise"))
    x = graph.add_up(x, graph.conv(x, 8, (1, 3), groups=2, activation="elu", name="grouped"))
    x = graph.add_up(x, graph.conv(x, 8, (1, 65), name="across"))
    x = graph.layer_norm(graph.slice(graph.pad(x, 1, 2), 0, 65))
    x = graph.add("affine", graph.add_up(x, graph.gru(x, 8, name="over_time")))
    back = graph.gru(x, 4, axis="frequency", reverse=True, name="back")
    x = graph.layer_norm(graph.concat(graph.gru(x, 4, axis="frequency", name="forth"), back), axes="all")
    x = graph.multiply(x, graph.slice(x, 3, 1))
    own = graph.dense(graph.gru(x, 8, per_position=True, name="own_memory"), 8, per_position=True, name="own")
    x = graph.add_up(x, graph.attention(own, graph.dense(x, 8, activation="tanh"), x, heads=2))
    x = graph.transpose(graph.dense(graph.transpose(x), 65, activation="leaky_relu"))
    x = graph.conv_transpose(graph.upsample(graph.slice(x, 0, 33), 2), 2, 3, stride=1, activation="sigmoid")
    x = graph.concat(x, x, axis="frequency")
    x = graph.reshape(graph.slice(x, 0, 129), 129, 2)
    graph.output("magnitude", graph.slice(x, 0, 1, axis="channel"))
    return graph


def gradients(model: keras.Model, loss) -> list[np.ndarray]:
    """Slopes of loss(model) by the trainable weights."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss(lambda x: model(x, training=True))
        slopes = tape.gradient(value, [v.value for v in model.trainable_variables])
    elif backend == "jax":
        import jax

        fixed = [v.value for v in model.non_trainable_variables]

        def of(trainable):
            return loss(lambda x: model.stateless_call(trainable, fixed, x, training=True)[0])

        slopes = jax.grad(of)([v.value for v in model.trainable_variables])
    else:
        loss(lambda x: model(x, training=True)).backward()
        slopes = [v.value.grad for v in model.trainable_variables]
    return [ops.convert_to_numpy(slope) for slope in slopes]


def network(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """From noisy samples to cleaned ones, and back to the slopes of the weights."""
    graph = every_layer()
    model = build(graph, given)
    ends = front_end(graph.front_end, RATE)
    found = {}

    def loss(run):
        noisy = ends.stft(given["noisy"])
        cleaned = ends.stft.inverse(ends.estimate(run(ends.inputs(noisy)), noisy))
        return ops.mean(ops.square(cleaned - ops.convert_to_tensor(given["clean"][:, : cleaned.shape[1]])))

    outputs = model({role: ops.convert_to_tensor(given[role]) for role in graph.inputs}, training=False)
    found |= {role: ops.convert_to_numpy(output) for role, output in outputs.items()}
    names = [f"{layer.name}/{v.name}" for layer in model.layers for v in layer.trainable_weights]
    slopes = dict(zip([v.path for v in model.trainable_variables], gradients(model, loss), strict=True))
    by_layer = [v.path for layer in model.layers for v in layer.trainable_weights]
    return found | {f"slope {name}": slopes[path] for name, path in zip(names, by_layer, strict=True)}


def features(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What both front ends make of noisy samples, and of outputs of a network."""
    found = {}
    for kind, declaration in (("narrowband", narrowband()), ("fullband", fullband(low_bins=40, taps=3, comb=0.5))):
        for rate in (8000, 44100):
            ends = front_end(declaration, rate)
            noisy = ends.stft(given["noisy"])
            outputs = {
                role: ops.convert_to_tensor(given[role][:, : noisy.shape[1]])
                for role in ("magnitude", "gains", "filter")
            }
            estimate = ends.estimate(outputs, noisy)
            made = {"noisy": noisy, "estimate": estimate, "samples": ends.stft.inverse(estimate), **ends.inputs(noisy)}
            if kind == "narrowband":
                made["target"] = ends.target(noisy, noisy * 0.5)
            found |= {f"{kind} {rate} {name}": ops.convert_to_numpy(value) for name, value in made.items()}
    return found


if __name__ == "__main__":
    case, source, target = sys.argv[1:]
    with np.load(source) as arrays:
        given = dict(arrays)
    np.savez(target, **(features(given) if case == "features" else network(given)))
