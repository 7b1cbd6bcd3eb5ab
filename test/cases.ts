/** How many of the same kind a test goes through: `many` in `npm run test:long`, else `few`. */
export const cases = (few: number, many: number): number => (process.env.GOBLIN_LONG ? many : few);
