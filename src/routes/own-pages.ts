/** Operations that are started on a page of their own, by id: they have no form among the others. */
export const pages: Readonly<Record<string, string>> = { chat: '/chat' };
