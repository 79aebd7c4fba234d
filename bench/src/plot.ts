import type { Table } from "./table.js";

const WIDTH = 720;
const ROW = 30;
const NAMES = 210;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const escape = (text: string) => text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);
const numberIn = (cell: string) => Number(/[\d.]+/.exec(cell)?.[0] ?? 0);

/** A bar for each row of a table, as long as the number in one of its columns. An SVG of its own, readable on light and dark. */
export function barPlot({ title, header, rows }: Table, column: number): string {
  const values = rows.map((row) => numberIn(row[column] ?? ""));
  const longest = Math.max(...values, Number.EPSILON);
  const bars = rows.map(([name = "", ...cells], index) => {
    const y = 56 + index * ROW;
    const length = Math.max(1, ((values[index] ?? 0) / longest) * (WIDTH - NAMES - 110));
    const fill = index === 0 ? "#2f81f7" : "#8b949e";
    return [
      `<text x="${NAMES - 10}" y="${y + 15}" text-anchor="end">${escape(name)}</text>`,
      `<rect x="${NAMES}" y="${y}" width="${length.toFixed(1)}" height="20" rx="3" fill="${fill}"/>`,
      `<text x="${(NAMES + length + 8).toFixed(1)}" y="${y + 15}">${escape(cells[column - 1] ?? "")}</text>`,
    ].join("\n");
  });
  const height = 70 + rows.length * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escape(title)}: ${escape(header[column] ?? "")}</title>
<style>text { font: 13px system-ui, sans-serif; fill: #57606a } .title { font-weight: 600; font-size: 15px } @media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } }</style>
<text class="title" x="10" y="22">${escape(title)}</text>
<text x="10" y="42">${escape(header[column] ?? "")}</text>
${bars.join("\n")}
</svg>
`;
}
