/** A name as SQL text. */
export const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A text as SQL text. */
export const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;
