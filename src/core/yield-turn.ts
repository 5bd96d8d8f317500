/** Lets sockets, timers and other work have their turn of the event loop; between the slices of long work. */
export const yieldTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
