// The shape of a board's query, as the contract has it. Shape only: which of these queries the platform can answer is
// for domain/boards to say. Members that are not listed are refused, since a query whose half is ignored ranks by
// something else than its author believes.

import { z } from 'zod'
import { freeFormObject } from './free-form.ts'
import { text } from './text.ts'

const name = text(200)
const logic = freeFormObject.meta({ type: 'object', additionalProperties: {}, description: 'JsonLogic (https://jsonlogic.com).' })

const select = z.strictObject({
  fields: z
    .array(z.strictObject({ source: name, alias: name.optional() }))
    .min(1)
    .max(20),
  expressions: z
    .array(z.strictObject({ name, expression: logic }))
    .max(20)
    .optional(),
})
const groupBy = z.strictObject({ columns: z.array(name).min(1).max(20) })
const orderBy = z.strictObject({
  expressions: z
    .array(z.strictObject({ expression: z.union([logic, name, z.null()]), direction: z.enum(['ASC', 'DESC']) }))
    .min(1)
    .max(20),
  window: z.strictObject({ function: z.enum(['ROW_NUMBER', 'DENSE_RANK', 'RANK']), alias: name }).optional(),
})
const source = { table: name, alias: name }
const join = z.strictObject({ type: z.enum(['INNER', 'LEFT', 'RIGHT']), toAlias: name, condition: logic })

const subquery = z.strictObject({
  from: z.strictObject({ sources: z.array(z.strictObject(source)).min(1).max(20), where: logic.optional() }),
  select,
  groupBy: groupBy.optional(),
  orderBy: orderBy.optional(),
})

export const queryShape = z.strictObject({
  from: z.strictObject({
    sources: z
      .array(z.strictObject({ ...source, joins: z.array(join).max(20).optional() }))
      .min(1)
      .max(20),
    where: logic.optional(),
  }),
  select,
  with: z
    .array(z.strictObject({ name, query: subquery, join: z.strictObject({ type: z.enum(['INNER', 'LEFT']), on: logic }) }))
    .max(20)
    .optional(),
  groupBy: groupBy.optional(),
  orderBy: orderBy.optional(),
})
