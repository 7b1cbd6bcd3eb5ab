/** A picture of a terminal: text with its colours (SGR sequences) as an SVG. */

const COLOURS = {
  30: '#484f58',
  31: '#ff7b72',
  32: '#3fb950',
  33: '#d29922',
  34: '#58a6ff',
  35: '#bc8cff',
  36: '#39c5cf',
  37: '#c9d1d9',
  90: '#8b949e',
};
const TEXT = '#c9d1d9';
const CELL = 8.4;
const LINE = 20;
const MARGIN = 20;
const BAR = 34;

/**
 * @param {string} text lines with SGR sequences; any other escape sequence is left out
 * @param {number} columns cells of the terminal
 * @param {string} title what the picture shows, for who cannot see it
 * @returns {string}
 */
export function terminalSvg(text, columns, title) {
  const plain = text.replace(/\r/g, '').trimEnd();
  const lines = plain.split('\n').flatMap((line) => rowsOf(line, columns));
  const width = Math.ceil(columns * CELL + 2 * MARGIN);
  const height = BAR + lines.length * LINE + MARGIN;
  const dots = ['#ff5f56', '#ffbd2e', '#27c93f'].map(
    (fill, i) => `<circle cx="${MARGIN + i * 18}" cy="18" r="6" fill="${fill}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...dots,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14" fill="${TEXT}">`,
    ...lines.map(lineOf).filter((line) => line !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** A line with its styles, broken where the terminal ends. */
function rowsOf(line, columns) {
  const cells = cellsOf(line);
  const rows = [];
  for (let at = 0; at === 0 || at < cells.length; at += columns) {
    rows.push(runsOf(cells.slice(at, at + columns)));
  }
  return rows;
}

/** Each character with its style. */
function cellsOf(line) {
  const cells = [];
  let style = PLAIN;
  for (const [, sgr, text] of line.matchAll(/\x1b\[([\d;]*)m|\x1b\[[\d;?]*[A-Za-z]|([^\x1b]+)/g)) {
    if (sgr !== undefined) style = styled(style, sgr);
    for (const character of text ?? '') cells.push({ character, style });
  }
  return cells;
}

const PLAIN = { fill: undefined, bold: false, dim: false };

function styled(style, sgr) {
  let { fill, bold, dim } = style;
  for (const code of (sgr || '0').split(';').map(Number)) {
    if (code === 0) ({ fill, bold, dim } = PLAIN);
    if (code === 1) bold = true;
    if (code === 2) dim = true;
    if (code === 22) bold = dim = false;
    if (code === 39) fill = undefined;
    if (code in COLOURS) fill = COLOURS[code];
  }
  return { fill, bold, dim };
}

/** The parts of a row that look alike, by where each begins. */
function runsOf(cells) {
  const runs = [];
  for (const [column, { character, style }] of cells.entries()) {
    const last = runs.at(-1);
    if (last?.style === style) last.text += character;
    else runs.push({ text: character, style, column });
  }
  return runs;
}

/** `textLength` keeps the columns in line, whatever font the reader has. */
function lineOf(runs, i) {
  const y = BAR + (i + 1) * LINE;
  const parts = runs.filter(({ text }) => text.trim() !== '');
  return parts.map((run) => partOf(run, y)).join('\n');
}

function partOf({ text, column, style: { fill, bold, dim } }, y) {
  const blanks = text.length - text.trimStart().length;
  const shown = text.trim();
  const x = MARGIN + (column + blanks) * CELL;
  const attributes = [
    `x="${round(x)}" y="${y}" textLength="${round([...shown].length * CELL)}" xml:space="preserve"`,
    fill ? ` fill="${fill}"` : '',
    bold ? ' font-weight="bold"' : '',
    dim ? ' opacity="0.65"' : '',
  ];
  return `<text ${attributes.join('')}>${escaped(shown)}</text>`;
}

const round = (length) => String(Math.round(length * 10) / 10);

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
