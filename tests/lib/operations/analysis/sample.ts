export default { puzzleId: 'quarter-turn' };
