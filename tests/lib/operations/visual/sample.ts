export default { puzzleId: 'mirror' };
