/** An input that every test of the operation can start with. */
export default { brief: 'A short guide to caffeine and sleep', format: 'docx' };
