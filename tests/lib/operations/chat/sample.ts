/** An input that every test of the operation can start with: it needs a tool, so that every step has work. */
export default { message: 'What is 17 times 23? I am a carpenter.' };
