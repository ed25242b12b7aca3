// How high a role stands among the roles of people, and who may give which.

import type { Role } from '../identity.ts'

const standing: Record<Role, number> = { owner: 5, admin: 4, manager: 3, editor: 2, viewer: 1, member: 0 }

/** False for what is no role. */
export const isAtLeast = (role: Role, least: Role): boolean => standing[role] >= standing[least]

export const lowerOf = (role: Role, other: Role): Role => (isAbove(role, other) ? other : role)

export const isAbove = (role: Role, other: Role): boolean => standing[role] > standing[other]

/** The dashboard is for viewers and above; the app is for everyone. */
export const mayUseDashboard = (role: Role): boolean => standing[role] >= standing.viewer
