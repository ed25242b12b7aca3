// How much of a benchmark is run: everything, three short rounds, or only whether everything answers.

export type Extent = 'full' | 'quick' | 'smoke'

export const extentOf = ({ quick = false, smoke = false }: { quick?: boolean; smoke?: boolean }): Extent =>
  smoke ? 'smoke' : quick ? 'quick' : 'full'
