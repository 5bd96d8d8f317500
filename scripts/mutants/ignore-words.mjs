/** Leaves out what is said to people: no rule hangs on the words of a broken invariant or of an error. */
const CALLS = new Set(['assert', 'DomainError']);

const words = {
  shouldIgnore(path) {
    const { parent, node, key } = path;
    const isCall = parent?.type === 'CallExpression' || parent?.type === 'NewExpression';
    if (!isCall || path.listKey !== 'arguments' || key !== 1 || !CALLS.has(parent.callee.name)) return undefined;
    return node.type === 'StringLiteral' || node.type === 'TemplateLiteral' ? 'words for people' : undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'words', value: words }];
