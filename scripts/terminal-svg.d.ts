/** A picture of a terminal of so many columns: text with SGR sequences as an SVG. */
export function terminalSvg(text: string, columns: number, title: string): string;
