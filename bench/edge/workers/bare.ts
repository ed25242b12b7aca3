// What everything else is compared with: the least a Worker can do.

export const serve = () => (): Response => new Response('ok')
