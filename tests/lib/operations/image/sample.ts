/** An input that every test of the operation can start with. */
export default { prompt: 'A lighthouse at sunset', size: '256x256', quality: 'low' };
