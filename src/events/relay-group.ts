/** The group of the store's queue under which events are handed to a broker; it is nobody else's to read or remove. */
export const RELAY_GROUP = 'relay';
