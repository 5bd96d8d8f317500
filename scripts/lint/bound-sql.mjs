const METHODS = new Set(['prepare', 'exec', 'selectRows', 'selectArrays', 'execute']);
const CONSTANT_NAME = /^[A-Z][A-Z0-9_]*$/;

/**
 * A statement handed to a driver or a session is fixed text: constants may be put into it (a list of columns, a fragment
 * that two statements share), values are bound. Constant is what is written in capitals, or a `const` of fixed text.
 */
export const boundSql = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { built: 'SQL is not built from values: bind them.' },
  },
  create: (context) => ({
    CallExpression(node) {
      const [statement] = node.arguments;
      if (!METHODS.has(node.callee.property?.name) || !isText(statement)) return;
      if (!isConstant(statement, context.sourceCode)) context.report({ node: statement, messageId: 'built' });
    },
  }),
};

/** Text put together in place; a call or a variable is somebody else's text, such as a compiled query. */
const isText = (node) =>
  node?.type === 'TemplateLiteral' || (node?.type === 'BinaryExpression' && node.operator === '+');

function isConstant(node, sourceCode) {
  switch (node.type) {
    case 'Literal':
      return true;
    case 'TemplateLiteral':
      return node.expressions.every((part) => isConstant(part, sourceCode));
    case 'BinaryExpression':
      return isConstant(node.left, sourceCode) && isConstant(node.right, sourceCode);
    case 'Identifier':
      return CONSTANT_NAME.test(node.name) || isConstantVariable(node, sourceCode);
    default:
      return false;
  }
}

function isConstantVariable(node, sourceCode) {
  for (let scope = sourceCode.getScope(node); scope !== null; scope = scope.upper) {
    const definition = scope.set.get(node.name)?.defs[0];
    if (definition === undefined) continue;
    const { kind } = definition.parent ?? {};
    return kind === 'const' && definition.node.init != null && isConstant(definition.node.init, sourceCode);
  }
  return false;
}
