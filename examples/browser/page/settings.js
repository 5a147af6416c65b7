// The controls, made from the table that every DeepDenoise has in common.

/**
 * Build the controls.
 * @param {HTMLElement} parent
 * @param {object} table `controls`, `presets` and `models`, as build.py writes them.
 * @param {() => void} onChange
 * @returns {() => object} Gives the values by name, and `model`.
 */
export function buildSettings(parent, table, onChange) {
  const readers = {}, setters = {};
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const choice = (name, title, options, value, help) => {
    const select = make("select", { id: name }, ...options.map(([key, text]) => make("option", { value: key, textContent: text })));
    select.value = value;
    const field = make("div", { className: "field" }, make("label", { htmlFor: name, textContent: title }), select);
    if (help) field.append(describe(select, help));
    parent.append(field);
    return select;
  };

  const describe = (element, help) => {
    const note = make("p", { className: "help", id: `${element.id}-help`, textContent: help });
    element.setAttribute("aria-describedby", note.id);
    return note;
  };

  const presets = [["", "Default"], ...table.presets.map((preset) => [preset.name, preset.title])];
  const preset = choice("preset", "Purpose", presets, "", " ");
  const note = document.getElementById("preset-help");
  preset.addEventListener("change", () => {
    const chosen = table.presets.find((one) => one.name === preset.value);
    note.textContent = chosen?.help ?? " ";
    for (const control of table.controls) setters[control.name](chosen?.values[control.name] ?? control.default);
    onChange();
  });
  const changed = () => {
    preset.value = "";
    note.textContent = " ";
    onChange();
  };

  for (const control of table.controls) {
    const { name, title, help, maximum, unit, labels } = control;
    if (!labels.length) {
      const slider = make("input", { type: "range", id: name, min: 0, max: maximum, step: 1 });
      const output = make("output", { htmlFor: name });
      const show = () => {
        const off = name === "reduction_limit_db" && slider.value === slider.max;
        output.textContent = off ? "off" : `${slider.value} ${unit}`;
        slider.setAttribute("aria-valuetext", output.textContent);
      };
      setters[name] = (value) => { slider.value = value; show(); };
      readers[name] = () => slider.valueAsNumber;
      slider.addEventListener("input", show);
      slider.addEventListener("change", changed);
      const label = make("label", { htmlFor: name }, title, " ", output);
      parent.append(make("div", { className: "field" }, label, slider, describe(slider, help)));
    } else if (labels[0] === "off") {
      const box = make("input", { type: "checkbox", id: name });
      setters[name] = (value) => { box.checked = value >= 0.5; };
      readers[name] = () => box.checked;
      box.addEventListener("change", changed);
      const label = make("label", { className: "check" }, box, title);
      parent.append(make("div", { className: "field" }, label, describe(box, help)));
    } else {
      const select = choice(name, title, labels.map((label) => [label, label]), labels[control.default], help);
      setters[name] = (value) => { select.value = labels[Math.round(value)]; };
      readers[name] = () => select.value;
      select.addEventListener("change", changed);
    }
    setters[name](control.default);
  }

  const models = table.models.map((one) => [one.name, one.name]);
  const model = choice("model", "Model", models, table.default, " ");
  const card = document.getElementById("model-help");
  const describeModel = () => {
    const { megabytes, licence } = table.models.find((one) => one.name === model.value);
    card.textContent = `${megabytes} MB, weights: ${licence}`;
  };
  describeModel();
  model.addEventListener("change", () => { describeModel(); onChange(); });

  return () => ({ ...Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, read()])), model: model.value });
}
