// The engine, the models and the table of controls, each fetched once from the folder of the page.

const kept = new Map();

async function fetched(name) {
  if (!kept.has(name))
    kept.set(
      name,
      fetch(name).then((answer) => {
        if (!answer.ok) throw new Error(`${name} is missing on this site (${answer.status}).`);
        return answer.arrayBuffer();
      }, () => {
        throw new Error(`${name} cannot be loaded: the connection is gone.`);
      }),
    );
  try {
    return await kept.get(name);
  } catch (error) {
    kept.delete(name);
    throw error;
  }
}

export const table = async () => JSON.parse(new TextDecoder().decode(await fetched("table.json")));

/** Bytes of the engine and of a model. */
export async function engine(model) {
  const [module, bytes] = await Promise.all([fetched("engine.wasm"), fetched(`models/${model}.ddn`)]);
  return { module, model: new Uint8Array(bytes) };
}
