/** Who a request belongs to. */
export type OwnerOf = (request: Request) => string;

/** Until there are accounts, everything is `local`. */
export const ownerOf: OwnerOf = () => 'local';
