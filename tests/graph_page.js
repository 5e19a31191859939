// Act on a page of `graph --format html` as a person would, with as much of a browser as it asks for.
"use strict";
const html = require("fs").readFileSync(0, "utf8");
const data = html.match(/id="data">(.*)<\/script>/)[1];
const script = html.match(/<script>([\s\S]*)<\/script>/)[1];

function element(dataset) {
  const classes = new Set();
  return {
    dataset, children: [], hidden: true, value: "", textContent: "",
    classList: { toggle: (name, on) => (on ? classes.add(name) : classes.delete(name)) },
    has: name => classes.has(name),
    append(child) { this.children.push(child); },
    replaceChildren() { this.children = []; },
    addEventListener(name, act) { this[name] = act; },
    scrollIntoView() { this.scrolled = true; },
  };
}

const found = pattern => [...html.matchAll(pattern)].map(match => match[1]);
const boxes = found(/<g class="task[^"]*" data-at="(\d+)"/g).map(at => element({ at }));
const edges = found(/class="edge" data-ends="([^"]+)"/g).map(ends => element({ ends }));
const parts = { aside: element({}), input: element({}), svg: element({}) };
const keys = {};
global.document = {
  getElementById: () => ({ textContent: data }),
  querySelectorAll: query => (query === ".task" ? boxes : edges),
  querySelector: query => parts[query],
  createElement: () => element({}),
  addEventListener: (name, act) => (keys[name] = act),
};
(0, eval)(script);

const tasks = JSON.parse(data);
const lit = () => tasks.filter((_, at) => !boxes[at].has("far")).map(task => task.id);
const [, , chosen, word] = process.argv;
const box = boxes[tasks.findIndex(task => task.id === chosen)];
parts.svg.click({ target: { closest: () => box } });
const said = { panel: parts.aside.children.map(child => child.textContent), near: lit() };
parts.input.value = word;
parts.input.input();
said.found = lit();
keys.keydown({ key: "Escape", target: { closest: () => null } });
said.after = lit().length;
console.log(JSON.stringify(said));
